// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_BACKEND_CPU_CPU_BACKEND_H
#define TL_RUNTIME_BACKEND_CPU_CPU_BACKEND_H

#include "runtime/backend/backend.h"

namespace tl::rt {

/// The processor that the program runs on. Thread-safe; never destroyed.
backend &cpu_backend();

} // namespace tl::rt

#endif
