// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What people call an element type.

#ifndef TL_RUNTIME_DOMAIN_ELEMENT_NAME_H
#define TL_RUNTIME_DOMAIN_ELEMENT_NAME_H

#include <tl/abi.h>

#include <cstdint>
#include <iterator>

namespace tl::rt {

/// Of TL_ELEMENT_*: "f32", "bf16", ...
constexpr const char *element_name(std::uint32_t element) {
  constexpr const char *names[] = {"bytes", "bool", "i8",   "u8",   "i16",    "u16",
                                   "i32",   "u32",  "i64",  "u64",  "f16",    "bf16",
                                   "f32",   "f64",  "e4m3", "e5m2", "pointer"};
  return element < std::size(names) ? names[element] : "unknown";
}

} // namespace tl::rt

#endif
