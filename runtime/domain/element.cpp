// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/element.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace tl::rt {

template <class T> static T load(const std::byte *from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::size_t element_size(std::uint32_t element) noexcept {
  switch (element) {
  case TL_ELEMENT_I16:
  case TL_ELEMENT_U16:
  case TL_ELEMENT_F16:
  case TL_ELEMENT_BF16:
    return 2;
  case TL_ELEMENT_I32:
  case TL_ELEMENT_U32:
  case TL_ELEMENT_F32:
    return 4;
  case TL_ELEMENT_I64:
  case TL_ELEMENT_U64:
  case TL_ELEMENT_F64:
    return 8;
  case TL_ELEMENT_POINTER:
    return sizeof(void *);
  default:
    return 1;
  }
}

bool is_floating(std::uint32_t element) noexcept {
  switch (element) {
  case TL_ELEMENT_F16:
  case TL_ELEMENT_BF16:
  case TL_ELEMENT_F32:
  case TL_ELEMENT_F64:
  case TL_ELEMENT_E4M3:
  case TL_ELEMENT_E5M2:
    return true;
  default:
    return false;
  }
}

// A binary format with `mantissa` bits and the given bias; `bits` without the sign.
static double decode(unsigned bits, unsigned mantissa, int bias) noexcept {
  const auto exponent = static_cast<int>(bits >> mantissa);
  const unsigned fraction = bits & ((1u << mantissa) - 1);
  if (exponent == 0)
    return std::ldexp(fraction, 1 - bias - static_cast<int>(mantissa));
  return std::ldexp(fraction + (1u << mantissa), exponent - bias - static_cast<int>(mantissa));
}

static double decode_ieee(unsigned bits, unsigned exponent_bits, unsigned mantissa) noexcept {
  const unsigned all_ones = ((1u << exponent_bits) - 1) << mantissa;
  if ((bits & all_ones) == all_ones)
    return bits == all_ones ? std::numeric_limits<double>::infinity()
                            : std::numeric_limits<double>::quiet_NaN();
  return decode(bits, mantissa, (1 << (exponent_bits - 1)) - 1);
}

double load_floating(std::uint32_t element, const std::byte *from) noexcept {
  switch (element) {
  case TL_ELEMENT_F32:
    return static_cast<double>(load<float>(from));
  case TL_ELEMENT_F64:
    return load<double>(from);
  case TL_ELEMENT_BF16:
    return static_cast<double>(
        std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(from)} << 16));
  case TL_ELEMENT_F16: {
    const unsigned bits = load<std::uint16_t>(from);
    const double value = decode_ieee(bits & 0x7fff, 5, 10);
    return (bits & 0x8000) != 0 ? -value : value;
  }
  case TL_ELEMENT_E5M2: {
    const unsigned bits = load<std::uint8_t>(from);
    const double value = decode_ieee(bits & 0x7f, 5, 2);
    return (bits & 0x80) != 0 ? -value : value;
  }
  case TL_ELEMENT_E4M3: {
    const unsigned bits = load<std::uint8_t>(from);
    const double value = (bits & 0x7f) == 0x7f ? std::numeric_limits<double>::quiet_NaN()
                                               : decode(bits & 0x7f, 3, 7);
    return (bits & 0x80) != 0 ? -value : value;
  }
  default:
    return std::numeric_limits<double>::quiet_NaN();
  }
}

std::string element_text(std::uint32_t element, const std::byte *from) {
  if (element == TL_ELEMENT_F64)
    return fmt::format("{:.12g}", load<double>(from));
  if (is_floating(element))
    return fmt::format("{:.7g}", load_floating(element, from));
  switch (element) {
  case TL_ELEMENT_BOOL:
    return load<std::uint8_t>(from) > 1 ? fmt::format("{:#x}", load<std::uint8_t>(from))
                                        : (load<std::uint8_t>(from) != 0 ? "true" : "false");
  case TL_ELEMENT_I8:
    return fmt::format("{}", load<std::int8_t>(from));
  case TL_ELEMENT_I16:
    return fmt::format("{}", load<std::int16_t>(from));
  case TL_ELEMENT_U16:
    return fmt::format("{}", load<std::uint16_t>(from));
  case TL_ELEMENT_I32:
    return fmt::format("{}", load<std::int32_t>(from));
  case TL_ELEMENT_U32:
    return fmt::format("{}", load<std::uint32_t>(from));
  case TL_ELEMENT_I64:
    return fmt::format("{}", load<std::int64_t>(from));
  case TL_ELEMENT_U64:
    return fmt::format("{}", load<std::uint64_t>(from));
  case TL_ELEMENT_POINTER:
    return fmt::format("{:#x}", load<std::uintptr_t>(from));
  case TL_ELEMENT_U8:
    return fmt::format("{}", load<std::uint8_t>(from));
  default:
    return fmt::format("{:#04x}", load<std::uint8_t>(from));
  }
}

// Quiet NaNs with a payload that arithmetic does not produce, where the format has room for one.
static std::uint64_t pattern_of(std::uint32_t element) noexcept {
  switch (element) {
  case TL_ELEMENT_F32:
    return 0x7fe5c7a9;
  case TL_ELEMENT_F64:
    return 0x7ffde5c7a9b3d1f7;
  case TL_ELEMENT_F16:
    return 0x7f5b;
  case TL_ELEMENT_BF16:
    return 0x7fe5;
  case TL_ELEMENT_E4M3:
  case TL_ELEMENT_E5M2:
    return 0x7f;
  case TL_ELEMENT_BOOL:
    return 0;
  default:
    return 0xc7c7c7c7c7c7c7c7;
  }
}

static void complement(std::uint32_t element, std::byte *to, const std::byte *expected) noexcept {
  if (element == TL_ELEMENT_BOOL) {
    *to = *expected == std::byte{0} ? std::byte{1} : std::byte{0};
    return;
  }
  for (std::size_t i = 0; i < element_size(element); ++i)
    to[i] = ~expected[i];
}

void poison(std::uint32_t element, std::byte *to, std::size_t count,
            const std::byte *expected) noexcept {
  const std::size_t size = element_size(element);
  if (expected && !is_floating(element)) {
    for (std::size_t i = 0; i < count; ++i)
      complement(element, to + i * size, expected + i * size);
    return;
  }
  const std::uint64_t pattern = pattern_of(element);
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(to + i * size, &pattern, size);
}

bool is_poison(std::uint32_t element, const std::byte *at, const std::byte *expected) noexcept {
  std::byte pattern[8];
  poison(element, pattern, 1, expected);
  return std::memcmp(at, pattern, element_size(element)) == 0;
}

} // namespace tl::rt
