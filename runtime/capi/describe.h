// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_CAPI_DESCRIBE_H
#define TL_RUNTIME_CAPI_DESCRIBE_H

#include <tl/abi.h>

#include <string>

namespace tl::rt {

/// A factory as a JSON object, for other languages. docs list the members.
std::string describe_factory(const tl_factory &factory);

} // namespace tl::rt

#endif
