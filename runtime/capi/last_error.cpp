// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/capi/last_error.h"

#include <tl/abi.h>

#include <algorithm>

namespace tl::rt {

static thread_local char text_of_thread[2048];

void set_last_error(std::string_view text) noexcept {
  const std::size_t length = std::min(text.size(), sizeof text_of_thread - 1);
  std::copy_n(text.data(), length, text_of_thread); // an empty view may have no data at all
  text_of_thread[length] = '\0';
}

} // namespace tl::rt

extern "C" const char *tl_rt_last_error(void) { return tl::rt::text_of_thread; }
