// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Time of day as the store writes it.

#ifndef TL_RUNTIME_STORE_CLOCK_H
#define TL_RUNTIME_STORE_CLOCK_H

#include <chrono>
#include <cstdint>

namespace tl::rt::store {

/// Milliseconds since 1970-01-01 UTC [ms].
inline std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace tl::rt::store

#endif
