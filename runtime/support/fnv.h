// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// FNV-1a with 64 bits (Fowler, Noll and Vo): the same on every machine and in every version, which
// std::hash does not promise.

#ifndef TL_RUNTIME_SUPPORT_FNV_H
#define TL_RUNTIME_SUPPORT_FNV_H

#include <cstdint>
#include <string_view>

namespace tl::rt {

inline constexpr std::uint64_t fnv_start = 0xcbf29ce484222325u;

constexpr std::uint64_t fnv_byte(std::uint64_t hash, unsigned char byte) {
  return (hash ^ byte) * 0x100000001b3u;
}

constexpr std::uint64_t fnv(std::string_view text, std::uint64_t hash = fnv_start) {
  for (const char c : text)
    hash = fnv_byte(hash, static_cast<unsigned char>(c));
  return hash;
}

} // namespace tl::rt

#endif
