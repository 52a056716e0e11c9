// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place that knows which backends there are.

#ifndef TL_RUNTIME_BACKEND_FIND_BACKEND_H
#define TL_RUNTIME_BACKEND_FIND_BACKEND_H

#include "runtime/backend/backend.h"

#include <cstdint>
#include <string>

namespace tl::rt {

/// The backend of a TL_BACKEND_* value; null, with the reason in `error`, when it is not there.
backend *find_backend(std::uint32_t which, std::string &error);

} // namespace tl::rt

#endif
