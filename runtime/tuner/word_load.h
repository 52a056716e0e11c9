// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One word by which a thread knows a call, where that is a load and no more.

#ifndef TL_RUNTIME_TUNER_WORD_LOAD_H
#define TL_RUNTIME_TUNER_WORD_LOAD_H

#include <tl/abi.h>
#include <tl/detail/key_words.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tl::rt {

template <class T> T load(const void *from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// TL_REAL_* of the bits of a number of two bytes, an IEEE half or a bfloat16.
inline std::uint64_t short_real_word(std::uint64_t bits, bool half) noexcept {
  const std::uint64_t size = bits & 0x7fff, exponent = half ? 0x7c00 : 0x7f80;
  return size == 0                            ? TL_REAL_ZERO
         : bits == (half ? 0x3c00u : 0x3f80u) ? TL_REAL_ONE
         : (size & exponent) == exponent      ? TL_REAL_NOT_FINITE
                                              : TL_REAL_OTHER;
}

struct word_load {
  enum class kind : std::uint8_t { u64, i32, u32, address, i8, u8, i16, u16, f16, bf16, f32, f64 };
  kind what;
  std::uint16_t parameter;
  std::uint32_t offset; ///< in the argument [bytes]

  std::uint64_t from(void *const *arguments) const noexcept {
    const std::byte *const at = static_cast<const std::byte *>(arguments[parameter]) + offset;
    switch (what) {
    case kind::u64:
      return load<std::uint64_t>(at);
    case kind::i32:
      return static_cast<std::uint64_t>(load<std::int32_t>(at));
    case kind::u32:
      return load<std::uint32_t>(at);
    case kind::i8:
      return static_cast<std::uint64_t>(load<std::int8_t>(at));
    case kind::u8:
      return load<std::uint8_t>(at);
    case kind::i16:
      return static_cast<std::uint64_t>(load<std::int16_t>(at));
    case kind::u16:
      return load<std::uint16_t>(at);
    case kind::f16:
      return short_real_word(load<std::uint16_t>(at), true);
    case kind::bf16:
      return short_real_word(load<std::uint16_t>(at), false);
    case kind::f32:
      return tl::detail::real_word(load<float>(at));
    case kind::f64:
      return tl::detail::real_word(load<double>(at));
    case kind::address:
      break;
    }
    return reinterpret_cast<std::uintptr_t>(at);
  }
};

} // namespace tl::rt

#endif
