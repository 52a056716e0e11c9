// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Power-limited devices in virtual time: the clock follows what ran in the last third of a second,
// so that interleaved samples show all variants at the mixture's clock.

#include "synthetic_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using namespace tl::rt::measure;

class power_limited_device final : public sampler {
public:
  struct kernel {
    double ns;    ///< at the full clock
    double power; ///< over the limit, at the full clock
  };
  /// The clock follows the power of what runs, with this time constant.
  power_limited_device(std::vector<kernel> kernels, virtual_clock &clock, std::uint64_t seed,
                       double limiter_s = 0.3)
      : kernels_(std::move(kernels)), clock_(clock), random_(seed), limiter_s_(limiter_s) {}

  double windows_s = 0;
  double first_run_noise = 0, sample_noise = 0.002; ///< [ln]

  tl::rt::timed_round round(std::span<const tl::rt::sample_request> order) override {
    tl::rt::timed_round result;
    for (const tl::rt::sample_request &r : order) {
      tl::rt::timed_sample s;
      s.outcome.time_ns =
          run(r.variant, r.launches) *
          std::exp(std::max(0.002, sample_noise / std::sqrt(r.launches)) * normal_(random_));
      result.samples.push_back(s);
    }
    result.clock = speed();
    return result;
  }
  double run_for(std::uint32_t v, std::int64_t ns) override {
    windows_s += 1e-9 * static_cast<double>(ns);
    run(v, std::max(1.0, static_cast<double>(ns) / kernels_[v].ns * speed()));
    return speed();
  }
  device_load load() override {
    const double span = seconds_;
    const device_load result{span > 0 ? energy_ / span : 0, span > 0 ? limited_ / span : 0};
    energy_ = limited_ = seconds_ = 0;
    return result;
  }
  /// Time per launch when it has run alone for long [ns].
  double sustained_ns(std::uint32_t v) const {
    return kernels_[v].ns / clock_at(std::max(1.0, kernels_[v].power));
  }
  std::vector<entrant> entrants() {
    std::vector<entrant> result;
    for (const kernel &it : kernels_)
      result.push_back({1.2 * it.ns * std::exp(first_run_noise * normal_(random_)), ""});
    return result;
  }

private:
  static double clock_at(double power) { return std::pow(power, -1 / 2.5); }
  double speed() const { return clock_at(std::max(1.0, filtered_)); }
  /// Mean time of so many launches.
  double run(std::uint32_t v, double launches) {
    double left = launches, total = 0;
    while (left > 1e-9) {
      const double ns = kernels_[v].ns / speed();
      const double now = std::min(left, std::max(1.0, 5e6 / ns));
      const double s = 1e-9 * ns * now;
      const double keep = std::exp(-s / limiter_s_);
      filtered_ = keep * filtered_ + (1 - keep) * kernels_[v].power;
      energy_ += s * std::min(1.0, kernels_[v].power);
      limited_ += filtered_ > 1 ? s : 0;
      seconds_ += s;
      total += ns * now;
      left -= now;
      clock_.advance_ns(static_cast<std::int64_t>(ns * now));
    }
    return total / launches;
  }

  std::vector<kernel> kernels_;
  virtual_clock &clock_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double limiter_s_;
  double filtered_ = 0.3;
  double energy_ = 0, limited_ = 0, seconds_ = 0;
};

/// Ten within 1.7 % in bursts that lie up to 9 % apart for long, and slower ones.
std::vector<power_limited_device::kernel> gemm(double ns, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> share;
  std::vector<power_limited_device::kernel> kernels;
  for (int v = 0; v < 24; ++v)
    kernels.push_back({ns * (1 + (v < 10 ? 0.017 * share(random) : 0.1 + 0.5 * share(random))),
                       1.15 + 0.3 * share(random)});
  std::shuffle(kernels.begin(), kernels.end(), random);
  return kernels;
}

/// Two that lead by 1.2 % for long, and in bursts are 4 % behind the best and twelve others: they
/// draw less power.
std::vector<power_limited_device::kernel> thrifty(double ns, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> share;
  std::vector<power_limited_device::kernel> kernels;
  for (int v = 0; v < 24; ++v) {
    const bool leads = v < 2, burns = v < 14;
    const double burst = leads   ? 1.04 + 0.003 * share(random)
                         : burns ? 1 + 0.04 * share(random)
                                 : 1.04 + 0.1 * share(random);
    const double sustained = leads   ? 1 + 0.002 * share(random)
                             : burns ? 1.012 + 0.02 * share(random)
                                     : 1.03 + 0.1 * share(random);
    kernels.push_back({ns * burst, std::pow(1.15 * sustained / burst, 2.5)});
  }
  std::shuffle(kernels.begin(), kernels.end(), random);
  return kernels;
}

/// As the 76 of a GEMM on an H200: many that are close in bursts, and one of them leads for long.
std::vector<power_limited_device::kernel> crowded(double ns, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> share;
  std::vector<power_limited_device::kernel> kernels;
  for (int v = 0; v < 76; ++v) {
    const bool leads = v < 1, close = v < 40;
    const double burst = leads   ? 1.008 + 0.01 * share(random)
                         : close ? 1 + 0.045 * share(random)
                                 : 1.07 + 0.4 * share(random);
    const double sustained = leads   ? 1 + 0.006 * share(random)
                             : close ? 1.012 + 0.07 * share(random)
                                     : 1.08 + 0.4 * share(random);
    kernels.push_back({ns * burst, std::pow(1.1 * sustained / burst, 2.5)});
  }
  std::shuffle(kernels.begin(), kernels.end(), random);
  return kernels;
}

/// Sessions of twenty that are within 1 % of the best sustained time; and how long they took in
/// the mean [s].
int right_of_twenty(double ns, confirmation how, double limiter_s = 0.3, double *took_s = nullptr,
                    decltype(gemm) *space = gemm, double noise = 0) {
  int right = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    virtual_clock clock;
    const auto kernels = space(ns, seed);
    power_limited_device device(kernels, clock, seed, limiter_s);
    device.first_run_noise = noise;
    device.sample_noise = std::max(0.002, 0.4 * noise);
    race_options options;
    options.seed = seed;
    options.confirm = how;
    const race_result r = race(device.entrants(), device, clock, options);
    double best = device.sustained_ns(0);
    for (std::uint32_t v = 1; v < kernels.size(); ++v)
      best = std::min(best, device.sustained_ns(v));
    right += device.sustained_ns(r.winner) <= 1.01 * best;
    if (took_s)
      *took_s += 1e-9 * static_cast<double>(clock.now_ns()) / 20;
  }
  return right;
}

TEST(MeasureSustained, TheWinnerIsTheFastestForLong) {
  for (const double ns : {1.6e6, 0.2e6}) {
    EXPECT_GE(right_of_twenty(ns, confirmation::measured), 19) << ns;
    EXPECT_LE(right_of_twenty(ns, confirmation::burst), 16)
        << ns << ": what interleaved samples cannot see";
  }
}

// A first run alone rules out nothing that is close: no race in bursts has a sample of these.
TEST(MeasureSustained, WhatIsBehindInBurstsMayLeadForLong) {
  for (const double limiter_s : {0.05, 0.1, 0.2})
    EXPECT_GE(right_of_twenty(1.5e6, confirmation::measured, limiter_s, nullptr, thrifty), 19)
        << limiter_s;
}

// Nor do a noisy one and a few noisy samples, where many are close.
TEST(MeasureSustained, NoiseKeepsNobodyOut) {
  double took_s = 0;
  EXPECT_GE(right_of_twenty(1.5e6, confirmation::measured, 0.1, &took_s, crowded, 0.05), 19);
  EXPECT_LT(took_s, 27);
}

// As long as the device's limiter needs, and no longer.
TEST(MeasureSustained, WindowsAreShortWhereTheClockFollowsSoon) {
  double soon_s = 0, slow_s = 0;
  EXPECT_GE(right_of_twenty(1.5e6, confirmation::measured, 0.03, &soon_s), 19);
  EXPECT_GE(right_of_twenty(1.5e6, confirmation::measured, 0.1), 19);
  EXPECT_GE(right_of_twenty(1.5e6, confirmation::measured, 0.3, &slow_s), 19);
  EXPECT_LT(soon_s, 9);
  EXPECT_LT(soon_s, 0.75 * slow_s);
}

TEST(MeasureSustained, NothingRunsForLongWhereNoLimitActs) {
  virtual_clock clock;
  auto kernels = gemm(35e3, 1);
  for (auto &it : kernels)
    it.power = 0.6;
  power_limited_device device(kernels, clock, 1);
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_FALSE(r.sustained);
  EXPECT_LT(r.wall_ns, 0.1e9);
  EXPECT_EQ(r.variants[r.winner].sustained_ns, 0);
}

TEST(MeasureSustained, BothTimesAreKnownOfTheFinalists) {
  virtual_clock clock;
  power_limited_device device(gemm(1.6e6, 3), clock, 3);
  const race_result r = race(device.entrants(), device, clock);
  ASSERT_TRUE(r.sustained);
  EXPECT_GT(r.limited, 0);
  EXPECT_NEAR(r.variants[r.winner].sustained_ns, device.sustained_ns(r.winner),
              0.02 * device.sustained_ns(r.winner));
  int finalists = 0;
  for (const standing &it : r.variants)
    finalists += it.sustained_ns > 0;
  EXPECT_GE(finalists, 2);
  EXPECT_LE(finalists, 12);
}

TEST(MeasureSustained, MarginsAreOfTheTimesThatTheWinnerWasChosenBy) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    virtual_clock clock;
    power_limited_device device(gemm(1.6e6, seed), clock, seed);
    race_options options;
    options.default_variant = 23;
    const race_result r = race(device.entrants(), device, clock, options);
    ASSERT_TRUE(r.sustained);
    const double winner_ns = r.variants[r.winner].sustained_ns;
    for (const standing &it : r.variants) {
      if (it.sustained_ns > 0)
        EXPECT_NEAR(it.margin, it.sustained_ns / winner_ns - 1, 1e-9);
      if (it.compared && !r.default_kept)
        EXPECT_GE(it.margin, 0) << seed;
    }
    if (!r.default_kept)
      EXPECT_GE(r.runner_up_margin, 0) << seed;
    EXPECT_GE(r.runner_up_margin, -0.0101) << seed;
  }
}

TEST(MeasureSustained, FinalistsThatAreEqualNeedNoMoreTurns) {
  virtual_clock clock;
  std::vector<power_limited_device::kernel> kernels(24, {1.6e6, 1.3});
  power_limited_device device(kernels, clock, 5);
  const race_result r = race(device.entrants(), device, clock);
  ASSERT_TRUE(r.sustained);
  EXPECT_GT(r.confidence, 0.95) << "sixteen of them had one window";
  EXPECT_LT(device.windows_s, 0.6 + 2 * 12 * 0.6 + 1); // two turns of twelve, after the first one
}

TEST(MeasureSustained, ABudgetEndsIt) {
  virtual_clock clock;
  power_limited_device device(gemm(1.6e6, 3), clock, 3);
  race_options options;
  options.budget_ns = 3e9;
  const race_result r = race(device.entrants(), device, clock, options);
  EXPECT_TRUE(r.found);
  EXPECT_LT(r.wall_ns, 5e9);
}

} // namespace
