// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "test_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <stdexcept>
#include <vector>

namespace tl::rt {
namespace {

using testing::HasSubstr;

void scale(std::span<const float> x, std::span<float> y) {
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = 2 * x[i];
}
void scale_past_end(std::span<const float> x, std::span<float> y) {
  scale(x, y);
  *(y.data() + y.size()) = 1;
}
void scale_to_input(std::span<const float> x, std::span<float> y) {
  scale(x, y);
  const_cast<float &>(x[2]) = 7;
}
void scale_throws(std::span<const float>, std::span<float>) { throw std::invalid_argument("no"); }

using scale_factory = test_factory<void(std::span<const float>, std::span<float>)>;

TEST(InProcessBench, ChecksOnCopiesAndLeavesTheOriginalsAlone) {
  scale_factory factory({scale, scale_past_end, scale_to_input, scale_throws}, {"x", "y"});
  factory.factory.options.isolation = TL_ISOLATION_NONE;
  std::vector<float> x(33, 3), y(33, 1);
  std::span<const float> sx(x);
  std::span<float> sy(y);
  const auto bench = factory.open(sx, sy);
  ASSERT_TRUE(bench) << factory.error;
  ASSERT_TRUE(bench->prepare().right());
  EXPECT_TRUE(bench->probe(0, 1).right());
  const verdict outside = bench->probe(1, 1);
  EXPECT_EQ(outside.failure, trial_status::out_of_bounds);
  EXPECT_EQ(outside.reason, "wrote outside of y: 1 element, the nearest is y[33]");
  const verdict input = bench->probe(2, 1);
  EXPECT_EQ(input.failure, trial_status::wrong);
  EXPECT_EQ(input.reason, "wrote to x[2], which is only read: got 7, was 3");
  EXPECT_EQ(bench->probe(3, 1).failure, trial_status::threw);
  EXPECT_TRUE(bench->probe(0, 1).right());
  const std::vector<sample_request> order{{0, 4}};
  EXPECT_GT(bench->round(order, 1).samples.at(0).outcome.time_ns, 0);
  EXPECT_EQ(x, std::vector<float>(33, 3));
  EXPECT_EQ(y, std::vector<float>(33, 1));
}

void add_shifted(std::span<const float> x, std::span<float> y) {
  for (std::size_t i = y.size(); i-- > 0;)
    y[i] += x[i];
}
void add_shifted_wrong_for_aliases(std::span<const float> x, std::span<float> y) {
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] += x[i];
}

TEST(InProcessBench, AliasesStayAliases) {
  scale_factory factory({add_shifted, add_shifted_wrong_for_aliases}, {"x", "y"});
  factory.factory.options.isolation = TL_ISOLATION_NONE;
  std::vector<float> all(9, 1);
  std::span<const float> sx(all.data(), 8);
  std::span<float> sy(all.data() + 1, 8);
  const auto bench = factory.open(sx, sy);
  ASSERT_TRUE(bench) << factory.error;
  ASSERT_TRUE(bench->prepare().right());
  EXPECT_TRUE(bench->probe(0, 1).right());
  EXPECT_EQ(bench->probe(1, 1).reason,
            "7 of 8 elements of y differ, the first is y[1]: got 3, expected 2");
  EXPECT_EQ(all, std::vector<float>(9, 1));
}

void raw(const float *, float *) {}

TEST(InProcessBench, SaysWhichParameterCannotBeCopied) {
  test_factory<void(const float *, float *)> factory({raw}, {"from", "to"});
  factory.factory.options.isolation = TL_ISOLATION_NONE;
  std::vector<float> x(4), y(4);
  const float *px = x.data();
  float *py = y.data();
  EXPECT_FALSE(factory.open(px, py));
  EXPECT_THAT(factory.error,
              HasSubstr("but to is a pointer that does not tell how much it leads to"));
}

struct counter {
  int value;
};
void count(counter &c, int n) { c.value += n; }
void count_twice(counter &c, int n) { c.value += 2 * n; }

TEST(InProcessBench, AReferenceIsABufferOfOne) {
  test_factory<void(counter &, int)> factory({count, count_twice}, {"c", "n"});
  factory.factory.options.isolation = TL_ISOLATION_NONE;
  counter c{5};
  int n = 3;
  const auto bench = factory.open(c, n);
  ASSERT_TRUE(bench) << factory.error;
  ASSERT_TRUE(bench->prepare().right());
  EXPECT_TRUE(bench->probe(0, 1).right());
  EXPECT_EQ(bench->probe(1, 1).failure, trial_status::wrong);
  EXPECT_EQ(c.value, 5);
}

} // namespace
} // namespace tl::rt
