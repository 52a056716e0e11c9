// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The element types of buffers (TL_ELEMENT_*): size, value, and the pattern that stands for "never
// written". Every backend uses these.

#ifndef TL_RUNTIME_DOMAIN_ELEMENT_H
#define TL_RUNTIME_DOMAIN_ELEMENT_H

#include <tl/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace tl::rt {

/// [bytes]; 1 for TL_ELEMENT_BYTES and anything unknown.
std::size_t element_size(std::uint32_t element) noexcept;

/// Whether values of this type are compared with a tolerance.
bool is_floating(std::uint32_t element) noexcept;

/// Value of one element of a floating type. F16 and BF16 as in IEEE 754 and its truncation; E4M3
/// without infinities and E5M2 as in "FP8 Formats for Deep Learning" (OCP 8-bit floating point).
double load_floating(std::uint32_t element, const std::byte *from) noexcept;

/// One element as people write it: "0.5", "-3", "nan", "0x1f".
std::string element_text(std::uint32_t element, const std::byte *from);

/// Fills `count` elements with the pattern: a NaN for floating types, an unlikely value for the
/// rest. Where `expected` is given, integers and bools get its complement instead, so that an
/// element which keeps the pattern cannot pass for a right one.
void poison(std::uint32_t element, std::byte *to, std::size_t count,
            const std::byte *expected = nullptr) noexcept;

/// Whether an element still holds what poison() put there.
bool is_poison(std::uint32_t element, const std::byte *at,
               const std::byte *expected = nullptr) noexcept;

} // namespace tl::rt

#endif
