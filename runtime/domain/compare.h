// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares what a variant left with what was expected, element by element. Every backend uses this.

#ifndef TL_RUNTIME_DOMAIN_COMPARE_H
#define TL_RUNTIME_DOMAIN_COMPARE_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace tl::rt {

/// An element matches when |actual - expected| <= atol + rtol * |expected|. Equal infinities match;
/// a NaN matches nothing, or another NaN where `equal_nan`. Integers, bools and bytes match when
/// equal.
struct match_rule {
  double rtol = 0;
  double atol = 0;
  bool equal_nan = false;
};

/// Sums over any number of compared runs of elements.
struct comparison {
  std::uint64_t compared = 0;
  std::uint64_t mismatched = 0;
  std::uint64_t unwritten = 0; ///< mismatched because still poisoned
  std::uint64_t first = 0;     ///< index of the first mismatch, as the caller counts
  /// The largest distance of a floating-point element that misses by more than ten times the
  /// tolerance; infinite where it is no number and should be one, or the other way round.
  double worst = 0;
  std::string got; ///< of the first mismatch
  std::string expected;
};

/// Adds `count` elements to `sum`; the first has index `index` in its buffer. `poisoned`: the
/// actual elements held poison(element, ..., expected) before the run.
void compare_elements(comparison &sum, std::uint32_t element, const std::byte *actual,
                      const std::byte *expected, std::size_t count, std::uint64_t index,
                      const match_rule &rule, bool poisoned);

/// Adds the squares of the elements that are finite floating-point numbers, and counts those.
void add_squares(double &sum, std::uint64_t &count, std::uint32_t element, const std::byte *data,
                 std::size_t elements);

} // namespace tl::rt

#endif
