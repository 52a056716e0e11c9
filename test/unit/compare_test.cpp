// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/compare.h"
#include "runtime/domain/element.h"
#include "runtime/domain/tolerance.h"

#include <tl/detail/dispatch.h>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace tl::rt {
namespace {

template <class T> const std::byte *bytes(const std::vector<T> &of) {
  return reinterpret_cast<const std::byte *>(of.data());
}

template <class T>
comparison compare(std::uint32_t element, const std::vector<T> &actual,
                   const std::vector<T> &expected, const match_rule &rule = {}) {
  comparison sum;
  compare_elements(sum, element, bytes(actual), bytes(expected), actual.size(), 0, rule, false);
  return sum;
}

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

TEST(Compare, TheBoundaryBelongsToTheMatch) {
  const match_rule rule{.rtol = 0.25, .atol = 0.5};
  // 4: up to 0.5 + 0.25 * 4 = 1.5 away.
  EXPECT_EQ(compare<double>(TL_ELEMENT_F64, {5.5, 2.5}, {4, 4}, rule).mismatched, 0u);
  const comparison over = compare<double>(TL_ELEMENT_F64, {4, 5.5000001, 2.4}, {4, 4, 4}, rule);
  EXPECT_EQ(over.compared, 3u);
  EXPECT_EQ(over.mismatched, 2u);
  EXPECT_EQ(over.first, 1u);
  EXPECT_EQ(over.got, "5.5000001");
  EXPECT_EQ(over.expected, "4");
}

TEST(Compare, FewMismatchesAreRoundingUnlessOneIsFarOff) {
  const match_rule rule{.rtol = 0.01, .atol = 0.01};
  const tl_options options = tl::detail::default_options;
  const auto is_fine = [&](double size, double got) {
    const std::vector<double> expected(200, size);
    std::vector<double> actual = expected;
    actual[77] = got;
    const comparison sum = compare<double>(TL_ELEMENT_F64, actual, expected, rule);
    return is_rounding(options, sum, options.max_mismatched_ratio, size);
  };
  EXPECT_TRUE(is_fine(1, 1.05));
  EXPECT_FALSE(is_fine(1, 2));
  EXPECT_FALSE(is_fine(1, 0));
  EXPECT_FALSE(is_fine(1, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(is_fine(1, std::numeric_limits<double>::infinity()));
  // A sum that all but cancels out, in an output of large numbers.
  std::vector<double> expected(200, 90);
  expected[5] = 0.001;
  std::vector<double> actual = expected;
  actual[5] = 0.7;
  const comparison sum = compare<double>(TL_ELEMENT_F64, actual, expected, rule);
  EXPECT_EQ(sum.mismatched, 1u);
  EXPECT_TRUE(is_rounding(options, sum, options.max_mismatched_ratio, 90));
  EXPECT_FALSE(is_rounding(options, sum, options.max_mismatched_ratio, 1));
  // Who gives a share means it.
  tl_options given = options;
  given.max_mismatched_ratio = 0.02;
  EXPECT_TRUE(is_rounding(given, sum, given.max_mismatched_ratio, 1));
}

TEST(Compare, NanMatchesNothingUnlessTold) {
  EXPECT_EQ(compare<float>(TL_ELEMENT_F32, {nan}, {nan}, {.rtol = 1, .atol = 1}).mismatched, 1u);
  EXPECT_EQ(compare<float>(TL_ELEMENT_F32, {nan}, {nan}, {.equal_nan = true}).mismatched, 0u);
  EXPECT_EQ(
      compare<float>(TL_ELEMENT_F32, {nan, 1}, {1, nan}, {.rtol = 9, .atol = 9, .equal_nan = true})
          .mismatched,
      2u);
}

TEST(Compare, InfinityMatchesItsOwnSignOnly) {
  const match_rule wide{.rtol = 1e9, .atol = 1e9};
  EXPECT_EQ(compare<float>(TL_ELEMENT_F32, {inf, -inf}, {inf, -inf}, wide).mismatched, 0u);
  EXPECT_EQ(compare<float>(TL_ELEMENT_F32, {inf, 1, inf}, {-inf, inf, 1}, wide).mismatched, 3u);
}

TEST(Compare, IntegersMatchExactly) {
  const match_rule wide{.rtol = 10, .atol = 10};
  EXPECT_EQ(compare<int>(TL_ELEMENT_I32, {1, 2, 3}, {1, 2, 4}, wide).mismatched, 1u);
  EXPECT_EQ(compare<unsigned char>(TL_ELEMENT_BYTES, {1, 2}, {1, 2}).mismatched, 0u);
  EXPECT_EQ(compare<unsigned char>(TL_ELEMENT_BOOL, {1}, {0}, wide).mismatched, 1u);
}

TEST(Compare, ElementsThatWereNeverWrittenAreCounted) {
  for (const std::uint32_t element :
       {TL_ELEMENT_F32, TL_ELEMENT_I32, TL_ELEMENT_BF16, TL_ELEMENT_F64, TL_ELEMENT_U8}) {
    std::vector<std::byte> expected(element_size(element) * 4, std::byte{0x3c}), actual = expected;
    poison(element, actual.data() + element_size(element), 2,
           expected.data() + element_size(element));
    comparison sum;
    compare_elements(sum, element, actual.data(), expected.data(), 4, 10, {.rtol = 1, .atol = 1},
                     true);
    EXPECT_EQ(sum.mismatched, 2u) << element;
    EXPECT_EQ(sum.unwritten, 2u) << element;
    EXPECT_EQ(sum.first, 11u) << element;
  }
}

double value(std::uint32_t element, unsigned bits) {
  std::byte raw[4] = {};
  std::memcpy(raw, &bits, sizeof raw);
  return load_floating(element, raw);
}

// Values from the formats' definitions: largest, smallest normal and subnormal, one, infinity, NaN.
TEST(Element, SmallFloatingFormats) {
  EXPECT_EQ(value(TL_ELEMENT_F16, 0x3c00), 1);
  EXPECT_EQ(value(TL_ELEMENT_F16, 0x7bff), 65504);
  EXPECT_EQ(value(TL_ELEMENT_F16, 0x0001), std::ldexp(1, -24));
  EXPECT_EQ(value(TL_ELEMENT_F16, 0xfc00), -inf);
  EXPECT_TRUE(std::isnan(value(TL_ELEMENT_F16, 0x7e00)));
  EXPECT_EQ(value(TL_ELEMENT_BF16, 0x3f80), 1);
  EXPECT_EQ(value(TL_ELEMENT_BF16, 0xc040), -3);
  EXPECT_EQ(value(TL_ELEMENT_E4M3, 0x38), 1);
  EXPECT_EQ(value(TL_ELEMENT_E4M3, 0x7e), 448);
  EXPECT_EQ(value(TL_ELEMENT_E4M3, 0x81), -std::ldexp(1, -9));
  EXPECT_TRUE(std::isnan(value(TL_ELEMENT_E4M3, 0xff)));
  EXPECT_EQ(value(TL_ELEMENT_E5M2, 0x3c), 1);
  EXPECT_EQ(value(TL_ELEMENT_E5M2, 0x7b), 57344);
  EXPECT_EQ(value(TL_ELEMENT_E5M2, 0x01), std::ldexp(1, -16));
  EXPECT_EQ(value(TL_ELEMENT_E5M2, 0x7c), inf);
  EXPECT_TRUE(std::isnan(value(TL_ELEMENT_E5M2, 0x7d)));
}

TEST(Element, PoisonIsNotANumberOrNotWhatIsExpected) {
  for (const std::uint32_t element : {TL_ELEMENT_F16, TL_ELEMENT_BF16, TL_ELEMENT_F32,
                                      TL_ELEMENT_F64, TL_ELEMENT_E4M3, TL_ELEMENT_E5M2}) {
    std::array<std::byte, 8> raw{};
    poison(element, raw.data(), 1);
    EXPECT_TRUE(std::isnan(load_floating(element, raw.data()))) << element;
    EXPECT_TRUE(is_poison(element, raw.data()));
  }
  for (const std::uint32_t element :
       {TL_ELEMENT_BOOL, TL_ELEMENT_I8, TL_ELEMENT_U16, TL_ELEMENT_I64, TL_ELEMENT_BYTES})
    for (const unsigned char fill : {0x00, 0x01, 0xc7, 0x38, 0xff}) {
      std::array<std::byte, 8> expected{}, raw{};
      expected.fill(std::byte{fill});
      poison(element, raw.data(), 1, expected.data());
      EXPECT_NE(std::memcmp(raw.data(), expected.data(), element_size(element)), 0) << element;
      EXPECT_TRUE(is_poison(element, raw.data(), expected.data()));
    }
}

} // namespace
} // namespace tl::rt
