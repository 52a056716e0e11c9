// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/bench.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace {

TEST(Bench, CountsCallsAndSummarises) {
  int calls = 0;
  const tl::bench_result result =
      tl::bench([&] { ++calls; }, {.warmup_ms = 0, .rep = 25, .quantiles = {0, 1}});
  EXPECT_EQ(result.samples_ns.size(), 25u);
  EXPECT_EQ(calls, 26) << "one call before the first sample, for an estimate";
  EXPECT_EQ(result.min_ns, *std::min_element(result.samples_ns.begin(), result.samples_ns.end()));
  EXPECT_EQ(result.max_ns, *std::max_element(result.samples_ns.begin(), result.samples_ns.end()));
  ASSERT_EQ(result.quantiles.size(), 2u);
  EXPECT_EQ(result.quantiles[0], result.min_ns);
  EXPECT_EQ(result.quantiles[1], result.max_ns);
  EXPECT_GE(result.mean_ns, result.min_ns);
  EXPECT_LE(result.median_ns, result.max_ns);
}

TEST(Bench, QuantilesAreInterpolated) {
  tl::bench_result result;
  result.samples_ns = {40, 10, 30, 20};
  EXPECT_EQ(result.quantile(0), 10);
  EXPECT_EQ(result.quantile(1), 40);
  EXPECT_EQ(result.quantile(0.5), 25);
  EXPECT_EQ(result.quantile(1.0 / 3), 20);
}

TEST(Bench, DefaultsTakeEnoughSamples) {
  const tl::bench_result result = tl::bench([] {}, {.warmup_ms = 0, .rep_ms = 0});
  EXPECT_EQ(result.samples_ns.size(), 10u);
}

TEST(Bench, ColdRunsWork) {
  EXPECT_EQ(tl::bench([] {}, {.warmup_ms = 0, .rep = 3, .cold = true}).samples_ns.size(), 3u);
}

TEST(Bench, RefusesProfilersThatThereAreNot) {
  EXPECT_THROW(tl::bench([] {}, {.profiler = tl::profiler::cupti}), std::invalid_argument);
  EXPECT_THROW(tl::bench([] {}, {.profiler = tl::profiler::event}), std::invalid_argument);
}

TEST(Bench, ExceptionsPass) {
  EXPECT_THROW(tl::bench([] { throw 1; }), int);
}

} // namespace
