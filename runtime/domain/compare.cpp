// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/compare.h"

#include "runtime/domain/element.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace tl::rt {

static bool close(double actual, double expected, const match_rule &rule) noexcept {
  if (std::isnan(actual) || std::isnan(expected))
    return rule.equal_nan && std::isnan(actual) && std::isnan(expected);
  if (std::isinf(actual) || std::isinf(expected))
    return actual == expected;
  return std::fabs(actual - expected) <= rule.atol + rule.rtol * std::fabs(expected);
}

/// How far a mismatch is off, where rounding can hardly be the cause; else 0.
static double far_off(double actual, double expected, const match_rule &rule) noexcept {
  if (std::isnan(actual) && std::isnan(expected))
    return 0;
  if (!std::isfinite(actual) || !std::isfinite(expected))
    return std::numeric_limits<double>::infinity();
  constexpr double times = 10;
  const double distance = std::fabs(actual - expected);
  return distance > times * (rule.atol + rule.rtol * std::fabs(expected)) ? distance : 0;
}

static bool matches(std::uint32_t element, const std::byte *actual, const std::byte *expected,
                    const match_rule &rule) {
  if (is_floating(element))
    return close(load_floating(element, actual), load_floating(element, expected), rule);
  return std::memcmp(actual, expected, element_size(element)) == 0;
}

// How many elements from the first one on match for certain: finite, and close. The common case in
// a loop that the compiler can unroll; what ends it is looked at more closely.
template <class T>
static std::size_t count_close(const std::byte *actual, const std::byte *expected,
                               std::size_t count, const match_rule &rule) {
  for (std::size_t i = 0; i < count; ++i) {
    T a, e;
    std::memcpy(&a, actual + i * sizeof(T), sizeof(T));
    std::memcpy(&e, expected + i * sizeof(T), sizeof(T));
    const double limit = rule.atol + rule.rtol * std::fabs(static_cast<double>(e));
    const double distance = std::fabs(static_cast<double>(a) - static_cast<double>(e));
    if (!(distance <= limit) || !(limit < std::numeric_limits<double>::infinity()))
      return i;
  }
  return count;
}

static std::size_t count_close(std::uint32_t element, const std::byte *actual,
                               const std::byte *expected, std::size_t count,
                               const match_rule &rule) {
  if (element == TL_ELEMENT_F32)
    return count_close<float>(actual, expected, count, rule);
  if (element == TL_ELEMENT_F64)
    return count_close<double>(actual, expected, count, rule);
  return 0;
}

void compare_elements(comparison &sum, std::uint32_t element, const std::byte *actual,
                      const std::byte *expected, std::size_t count, std::uint64_t index,
                      const match_rule &rule, bool poisoned) {
  const std::size_t size = element_size(element);
  sum.compared += count;
  // Most runs are right to the bit, and NaN is what equal bits can hide.
  if (!is_floating(element) && std::memcmp(actual, expected, count * size) == 0)
    return;
  for (std::size_t i = 0; i < count; ++i) {
    i += count_close(element, actual + i * size, expected + i * size, count - i, rule);
    if (i == count)
      break;
    const std::byte *a = actual + i * size, *e = expected + i * size;
    if (matches(element, a, e, rule))
      continue;
    if (sum.mismatched == 0) {
      sum.first = index + i;
      sum.got = element_text(element, a);
      sum.expected = element_text(element, e);
    }
    ++sum.mismatched;
    if (is_floating(element))
      sum.worst =
          std::max(sum.worst, far_off(load_floating(element, a), load_floating(element, e), rule));
    if (poisoned && is_poison(element, a, e))
      ++sum.unwritten;
  }
}

void add_squares(double &sum, std::uint64_t &count, std::uint32_t element, const std::byte *data,
                 std::size_t elements) {
  if (!is_floating(element))
    return;
  const std::size_t size = element_size(element);
  for (std::size_t i = 0; i < elements; ++i) {
    const double value = load_floating(element, data + i * size);
    if (!std::isfinite(value))
      continue;
    sum += value * value;
    ++count;
  }
}

} // namespace tl::rt
