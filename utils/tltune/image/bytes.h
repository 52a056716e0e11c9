// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading numbers and texts out of a file that may be damaged: nothing is read beyond its end.

#ifndef TL_TOOL_IMAGE_BYTES_H
#define TL_TOOL_IMAGE_BYTES_H

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <type_traits>

namespace tl::tool::image {

/// Thrown where a file ends too early, or contradicts itself.
struct malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Part of `whole`.
inline std::string_view slice(std::string_view whole, std::uint64_t at, std::uint64_t size) {
  if (at > whole.size() || size > whole.size() - at)
    throw malformed("it ends too early, or is damaged");
  return whole.substr(at, size);
}

/// A value as it stands there; little-endian, as this machine.
template <class Value> Value read(std::string_view whole, std::uint64_t at) {
  static_assert(std::is_trivially_copyable_v<Value>);
  Value value;
  std::memcpy(&value, slice(whole, at, sizeof value).data(), sizeof value);
  return value;
}

/// Text up to the next zero byte.
inline std::string_view text_at(std::string_view whole, std::uint64_t at) {
  const std::string_view rest = slice(whole, at, at <= whole.size() ? whole.size() - at : 0);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos)
    throw malformed("a text in it does not end");
  return rest.substr(0, end);
}

} // namespace tl::tool::image

#endif
