// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text behind tl_rt_last_error().

#ifndef TL_RUNTIME_CAPI_LAST_ERROR_H
#define TL_RUNTIME_CAPI_LAST_ERROR_H

#include <string_view>

namespace tl::rt {

/// Keeps the text for this thread; "" forgets. What does not fit is cut off.
void set_last_error(std::string_view text) noexcept;

} // namespace tl::rt

#endif
