// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/element.h"
#include "runtime/domain/element_value.h"
#include "runtime/supply/trial_inputs.h"

#include <tl/autotune.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>
#include <string>
#include <vector>

namespace tl::rt {
namespace {

constexpr std::uint64_t count = 20000;

/// Values of a generated buffer.
std::vector<double> values_of(std::uint32_t element, std::uint32_t kind, std::uint64_t seed = 1) {
  std::string error;
  const auto memory = make_input_memory(TL_BACKEND_CPU, -1, count * element_size(element), element,
                                        kind, seed, error);
  EXPECT_NE(memory, nullptr) << error;
  const auto *at = static_cast<const std::byte *>(memory->data());
  std::vector<double> values;
  for (std::uint64_t i = 0; i < count; ++i, at += element_size(element)) {
    if (is_floating(element)) {
      values.push_back(load_floating(element, at));
      continue;
    }
    std::int64_t whole = 0;
    std::memcpy(&whole, at, element_size(element));
    const bool is_signed = element == TL_ELEMENT_I8 || element == TL_ELEMENT_I16 ||
                           element == TL_ELEMENT_I32 || element == TL_ELEMENT_I64;
    const unsigned unused = static_cast<unsigned>(64 - 8 * element_size(element));
    values.push_back(
        is_signed
            ? static_cast<double>(
                  static_cast<std::int64_t>(static_cast<std::uint64_t>(whole) << unused) >> unused)
            : static_cast<double>(whole));
  }
  return values;
}

double mean(const std::vector<double> &values) {
  double sum = 0;
  for (const double it : values)
    sum += it;
  return sum / static_cast<double>(values.size());
}

double deviation(const std::vector<double> &values) {
  const double middle = mean(values);
  double sum = 0;
  for (const double it : values)
    sum += (it - middle) * (it - middle);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

std::set<double> distinct(const std::vector<double> &values) {
  return {values.begin(), values.end()};
}

constexpr std::uint32_t wide_floats[] = {TL_ELEMENT_F16, TL_ELEMENT_BF16, TL_ELEMENT_F32,
                                         TL_ELEMENT_F64};
constexpr std::uint32_t small_floats[] = {TL_ELEMENT_E4M3, TL_ELEMENT_E5M2};
constexpr std::uint32_t signed_integers[] = {TL_ELEMENT_I8, TL_ELEMENT_I16, TL_ELEMENT_I32,
                                             TL_ELEMENT_I64};
constexpr std::uint32_t unsigned_integers[] = {TL_ELEMENT_U8, TL_ELEMENT_U16, TL_ELEMENT_U32,
                                               TL_ELEMENT_U64};

TEST(Supply, AutomaticAndIntegerHaveTileLangsRanges) {
  for (const std::uint32_t kind : {TL_SUPPLY_AUTO, TL_SUPPLY_INTEGER}) {
    for (const std::uint32_t element : unsigned_integers)
      EXPECT_EQ(distinct(values_of(element, kind)), (std::set<double>{0, 1, 2})) << element;
    for (const std::uint32_t element : signed_integers)
      EXPECT_EQ(distinct(values_of(element, kind)), (std::set<double>{-2, -1, 0, 1, 2})) << element;
    EXPECT_EQ(distinct(values_of(TL_ELEMENT_BOOL, kind)), (std::set<double>{0, 1}));
    for (const std::uint32_t element : small_floats) {
      const std::set<double> seen = distinct(values_of(element, kind));
      EXPECT_EQ(*seen.begin(), -128) << element;
      EXPECT_GE(*seen.rbegin(), 112) << element;
    }
  }
  for (const std::uint32_t element : wide_floats) {
    EXPECT_EQ(distinct(values_of(element, TL_SUPPLY_INTEGER)), (std::set<double>{-2, -1, 0, 1, 2}))
        << element;
    const std::set<double> seen = distinct(values_of(element, TL_SUPPLY_AUTO));
    EXPECT_GT(seen.size(), 100u);
    EXPECT_GE(*seen.begin(), -1);
    EXPECT_LE(*seen.rbegin(), 1);
  }
}

TEST(Supply, DistributionsHaveTheirMoments) {
  for (const std::uint32_t element : wide_floats) {
    const auto uniform = values_of(element, TL_SUPPLY_UNIFORM);
    EXPECT_NEAR(mean(uniform), 0, 0.02);
    EXPECT_NEAR(deviation(uniform), 1 / std::sqrt(3.0), 0.01);
    const auto randn = values_of(element, TL_SUPPLY_RANDN);
    EXPECT_NEAR(mean(randn), 0, 0.03);
    EXPECT_NEAR(deviation(randn), 1, 0.02);
    const auto normal = values_of(element, TL_SUPPLY_NORMAL);
    EXPECT_NEAR(mean(normal), -1, 0.03);
    EXPECT_NEAR(deviation(normal), 1, 0.02);
  }
}

TEST(Supply, ZeroAndOneAreThatInEveryType) {
  for (std::uint32_t element = TL_ELEMENT_BOOL; element <= TL_ELEMENT_E5M2; ++element) {
    EXPECT_EQ(distinct(values_of(element, TL_SUPPLY_ZERO)), std::set<double>{0}) << element;
    EXPECT_EQ(distinct(values_of(element, TL_SUPPLY_ONE)), std::set<double>{1}) << element;
  }
}

TEST(Supply, SeedsDecide) {
  EXPECT_EQ(values_of(TL_ELEMENT_F32, TL_SUPPLY_UNIFORM, 7),
            values_of(TL_ELEMENT_F32, TL_SUPPLY_UNIFORM, 7));
  EXPECT_NE(values_of(TL_ELEMENT_F32, TL_SUPPLY_UNIFORM, 7),
            values_of(TL_ELEMENT_F32, TL_SUPPLY_UNIFORM, 8));
}

// Every finite value of the small types survives the way through float, so rounding is exact where
// it has nothing to round; the midpoints go to even.
TEST(Supply, NarrowingIsExactAndRoundsToEven) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    const auto byte = static_cast<std::byte>(bits);
    for (const std::uint32_t element : small_floats) {
      const double value = load_floating(element, &byte);
      if (!std::isfinite(value))
        continue;
      const unsigned narrowed = element == TL_ELEMENT_E4M3
                                    ? supply_narrow(static_cast<float>(value), 4, 3)
                                    : supply_narrow(static_cast<float>(value), 5, 2);
      EXPECT_EQ(narrowed, bits);
    }
  }
  EXPECT_EQ(supply_narrow(1.0f + 1.0f / 2048, 5, 10), 0x3c00u) << "half way to the next half: even";
  EXPECT_EQ(supply_narrow(1.0f + 3.0f / 2048, 5, 10), 0x3c02u);
  EXPECT_EQ(supply_narrow(0x1p-25f, 5, 10), 0u) << "half of the smallest subnormal";
  EXPECT_EQ(supply_narrow(0x1.8p-25f, 5, 10), 1u);
}

} // namespace
} // namespace tl::rt
