// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/inferred_element.h"

#include <tl/abi.h>

#include <cstring>

namespace tl::rt {

// Of ordinary size: some 1e-12 to 1e12. Small integers are denormal numbers, negative ones NaN.
static bool like_single(std::uint32_t bits) {
  const std::uint32_t exponent = bits >> 23 & 0xff;
  return (bits & 0x7fffffff) == 0 || (exponent > 127 - 40 && exponent < 127 + 40);
}

static bool like_double(std::uint64_t bits) {
  const std::uint64_t exponent = bits >> 52 & 0x7ff;
  return (bits & ~(std::uint64_t(1) << 63)) == 0 ||
         (exponent > 1023 - 133 && exponent < 1023 + 133);
}

void inferred_element::add(const std::byte *words, std::size_t bytes) {
  for (std::size_t i = 0; i + 8 <= bytes; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, words + i, sizeof word);
    const auto low = static_cast<std::uint32_t>(word),
               high = static_cast<std::uint32_t>(word >> 32);
    all_single_ = all_single_ && like_single(low) && like_single(high);
    all_double_ = all_double_ && like_double(word);
    low_halves_ = low_halves_ || low != 0;
    anything_ = anything_ || word != 0;
  }
}

std::uint32_t inferred_element::get() const {
  if (!anything_)
    return TL_ELEMENT_BYTES;
  // Round doubles have a low half of zeros; pairs of singles hardly ever do throughout.
  if (all_double_ && (!all_single_ || !low_halves_))
    return TL_ELEMENT_F64;
  return all_single_ ? TL_ELEMENT_F32 : TL_ELEMENT_BYTES;
}

} // namespace tl::rt
