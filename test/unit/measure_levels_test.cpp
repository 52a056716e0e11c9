// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/measure/levels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace {

using namespace tl::rt::measure;

/// `rounds` rounds over `n` variants 1 % apart, one sample a millisecond.
std::vector<observation> rounds(std::size_t n, int count, double noise, double step,
                                std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<observation> result;
  double drift = 0, at = 0;
  std::vector<std::uint32_t> order(n);
  for (std::uint32_t v = 0; v < n; ++v)
    order[v] = v;
  for (int r = 0; r < count; ++r) {
    for (std::size_t i = n; i > 1; --i)
      std::swap(order[i - 1], order[random() % i]);
    for (const std::uint32_t v : order) {
      drift += step * normal(random);
      result.push_back({v, 3 + 0.01 * v + drift + noise * normal(random), at += 1e-3});
    }
  }
  return result;
}

TEST(measure_levels, without_drift_levels_are_means) {
  const levels fit(rounds(8, 6, 0.002, 0, 1), 8);
  EXPECT_NEAR(fit.level(3) - fit.level(0), 0.03, 0.004);
  EXPECT_NEAR(fit.noise(), 0.002, 0.0006);
  const contrast c = fit.compare(5, 2);
  EXPECT_NEAR(c.deviation, 0.002 * std::sqrt(2 / 6.0), 0.0004);
  EXPECT_EQ(fit.degrees(), 40);
}

TEST(measure_levels, drift_far_above_the_differences_is_removed) {
  // 0.3 % a sample: over two rounds of 64 the drift wanders by 3 % and more.
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const levels fit(rounds(64, 2, 0.001, 0.003, seed), 64);
    for (std::uint32_t v = 1; v < 64; ++v)
      worst = std::max(worst, std::abs(fit.compare(v, 0).difference - 0.01 * v));
  }
  EXPECT_LT(worst, 0.012);
}

TEST(measure_levels, standard_errors_are_honest) {
  int outside = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const levels fit(rounds(24, 4, 0.002, 0.002, seed), 24);
    for (std::uint32_t v = 1; v < 24; ++v, ++all) {
      const contrast c = fit.compare(v, 0);
      outside += std::abs(c.difference - 0.01 * v) > 2 * c.deviation;
    }
  }
  EXPECT_LT(outside, 0.12 * all) << "about 5 % are expected";
  EXPECT_GT(outside, 0) << "deviations that cover everything say nothing";
}

TEST(measure_levels, outliers_are_weighed_down) {
  std::vector<observation> samples = rounds(8, 6, 0.002, 0, 2);
  for (observation &o : samples)
    if (o.variant == 4) {
      o.log_time += 0.3;
      break;
    }
  const levels fit(samples, 8);
  EXPECT_NEAR(fit.compare(4, 0).difference, 0.04, 0.006);
}

TEST(measure_levels, lone_samples_are_placed_by_their_neighbours) {
  std::vector<observation> samples = rounds(8, 6, 0.001, 0.004, 3);
  samples.insert(samples.begin() + 20, {8, samples[19].log_time - 0.01 * samples[19].variant - 0.05,
                                        samples[19].at_s + 0.0005});
  const levels fit(samples, 9);
  EXPECT_TRUE(fit.has(8));
  const contrast c = fit.compare(8, 0);
  EXPECT_NEAR(c.difference, -0.05, 0.012);
  EXPECT_GT(c.deviation, fit.compare(1, 0).deviation);
}

TEST(measure_levels, survives_nothing_and_one_sample) {
  EXPECT_FALSE(levels({}, 3).has(1));
  const levels one({{1, 2.5, 0}}, 3);
  EXPECT_DOUBLE_EQ(one.level(1), 2.5);
  EXPECT_EQ(one.degrees(), 0);
}

} // namespace
