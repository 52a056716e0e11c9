// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/measure/levels.h"

#include "runtime/measure/variation.h"

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

/// The levels of `n` variants, all in the fit; `spread` is wide enough not to draw them together.
struct fitted {
  variation found;
  levels fit;
};
fitted fit_all(const std::vector<observation> &samples, std::size_t n) {
  const variation found = estimate_variation(samples, n);
  std::vector<weighed> weighed_samples;
  for (const observation &o : samples)
    weighed_samples.push_back({o.variant, o.log_time, o.at_s, false, found.noise * found.noise});
  drift_process drift = found.drift;
  drift.rate = std::max(drift.rate, 1e-9);
  return {found, levels(weighed_samples, std::vector<bool>(n, true), drift, 10)};
}

TEST(MeasureLevels, WithoutDriftLevelsAreMeans) {
  const auto [found, fit] = fit_all(rounds(8, 6, 0.002, 0, 1), 8);
  EXPECT_NEAR(fit.compare(3, 0).difference, 0.03, 0.004);
  EXPECT_NEAR(found.noise, 0.002, 0.0006);
  EXPECT_NEAR(fit.compare(5, 2).deviation, 0.002 * std::sqrt(2 / 6.0), 0.0004);
  EXPECT_EQ(found.degrees, 40);
}

TEST(MeasureLevels, DriftFarAboveTheDifferencesIsRemoved) {
  // 0.3 % a sample: over two rounds of 64 the drift wanders by 3 % and more.
  double worst = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const fitted f = fit_all(rounds(64, 2, 0.001, 0.003, seed), 64);
    for (std::uint32_t v = 1; v < 64; ++v)
      worst = std::max(worst, std::abs(f.fit.compare(v, 0).difference - 0.01 * v));
  }
  EXPECT_LT(worst, 0.012);
}

TEST(MeasureLevels, ADriftThatReturnsHasAMemory) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  std::vector<observation> samples;
  // 3 % with a memory of 20 samples.
  const double kept = std::exp(-1 / 20.0);
  double drift = 0;
  for (int s = 0; s < 1200; ++s) {
    drift = kept * drift + 0.03 * std::sqrt(1 - kept * kept) * normal(random);
    const auto v = static_cast<std::uint32_t>(random() % 12);
    samples.push_back({v, 3 + 0.01 * v + drift + 0.002 * normal(random), s * 0.07});
  }
  const variation found = estimate_variation(samples, 12);
  EXPECT_NEAR(found.noise, 0.002, 0.002);
  EXPECT_GT(found.drift.memory_s, 0.3);
  EXPECT_LT(found.drift.memory_s, 6) << "1.4 s, known to a factor of three";
  EXPECT_NEAR(std::sqrt(found.drift.variance()), 0.03, 0.015);
}

TEST(MeasureLevels, StandardErrorsAreHonest) {
  int outside = 0, all = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const fitted f = fit_all(rounds(24, 4, 0.002, 0.002, seed), 24);
    for (std::uint32_t v = 1; v < 24; ++v, ++all) {
      const contrast c = f.fit.compare(v, 0);
      outside += std::abs(c.difference - 0.01 * v) > 2 * c.deviation;
    }
  }
  EXPECT_LT(outside, 0.12 * all) << "about 5 % are expected";
  EXPECT_GT(outside, 0) << "deviations that cover everything say nothing";
}

TEST(MeasureLevels, OutliersDoNotPassForNoise) {
  std::vector<observation> samples = rounds(8, 6, 0.002, 0, 2);
  samples[11].log_time += 0.3;
  EXPECT_LT(estimate_variation(samples, 8).noise, 0.006);
}

TEST(MeasureLevels, VariantsOutsideTheFitArePlacedByTheirNeighbours) {
  std::vector<observation> samples = rounds(8, 6, 0.001, 0.004, 3);
  samples.insert(samples.begin() + 20, {8, samples[19].log_time - 0.01 * samples[19].variant - 0.05,
                                        samples[19].at_s + 0.0005});
  const variation found = estimate_variation(samples, 9);
  std::vector<weighed> all;
  for (const observation &o : samples)
    all.push_back({o.variant, o.log_time, o.at_s, false, found.noise * found.noise});
  std::vector<bool> joint(9, true);
  for (const bool in : {false, true}) {
    joint[8] = in;
    const levels fit(all, joint, found.drift, 10);
    EXPECT_TRUE(fit.has(8));
    const contrast c = fit.compare(8, 0);
    EXPECT_NEAR(c.difference, -0.05, 0.012);
    EXPECT_GT(c.deviation, fit.compare(1, 0).deviation);
  }
}

TEST(MeasureLevels, FirstCallsShareAShift) {
  std::vector<weighed> all;
  double at = 0;
  for (std::uint32_t v = 0; v < 12; ++v)
    all.push_back({v, 3 + 0.01 * v + 0.25, at += 1e-3, true, 1e-4});
  for (int round = 0; round < 3; ++round)
    for (std::uint32_t v = 0; v < 6; ++v)
      all.push_back({v, 3 + 0.01 * v, at += 1e-3, false, 1e-6});
  const levels fit(all, std::vector<bool>(12, true), {1e-9, 100}, 10);
  EXPECT_NEAR(fit.compare(10, 2).difference, 0.08, 0.001);
  EXPECT_GT(fit.compare(10, 2).deviation, 0.008) << "known from its first call only";
  EXPECT_LT(fit.compare(5, 2).deviation, 0.002);
}

TEST(MeasureLevels, LevelsSeenOnceAreDrawnToTheMiddle) {
  std::vector<weighed> all;
  for (std::uint32_t v = 0; v < 20; ++v)
    all.push_back({v, v == 7 ? 2.97 : 3, v * 1e-3, false, 1e-4});
  const levels fit(all, std::vector<bool>(20, true), {1e-9, 100}, 0.01);
  EXPECT_NEAR(fit.compare(7, 3).difference, -0.015, 0.003);
}

TEST(MeasureLevels, SurvivesNothingAndOneSample) {
  EXPECT_EQ(estimate_variation({}, 3).degrees, 0);
  EXPECT_FALSE(levels({}, std::vector<bool>(3, true), {1e-9, 100}, 1).has(1));
  const weighed only{1, 2.5, 0, false, 1e-4};
  const levels one({&only, 1}, std::vector<bool>(3, true), {1e-9, 100}, 1);
  EXPECT_TRUE(one.has(1));
  EXPECT_NEAR(one.of(1).level, 2.5, 1e-6);
  EXPECT_EQ(estimate_variation({{1, 2.5, 0}}, 3).degrees, 0);
}

} // namespace
