// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/measure/race.h"
#include "synthetic_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace {

using namespace tl::rt::measure;

TEST(MeasureRace, FindsTheBestAndSaysHowSure) {
  virtual_clock clock;
  synthetic_device device(ladder(32, 19), clock);
  const race_result r = race(device.entrants(), device, clock);
  ASSERT_TRUE(r.found);
  EXPECT_TRUE(r.finished);
  EXPECT_EQ(r.winner, 19u);
  EXPECT_EQ(r.runner_up, 20u);
  EXPECT_NEAR(r.runner_up_margin, 0.03, 0.01);
  EXPECT_GE(r.confidence, 0.99);
  EXPECT_EQ(r.variants[19].reason, left_by::won);
  EXPECT_EQ(r.variants[20].reason, left_by::beaten);
  EXPECT_NEAR(r.variants[19].median_ns, 1e6, 1e4);
  int unsampled = 0;
  for (const standing &s : r.variants) {
    EXPECT_EQ(s.reason == left_by::slow_probe, s.times_ns.empty());
    unsampled += s.times_ns.empty();
  }
  EXPECT_GT(unsampled, 0) << "the last ones take 1.9 times the best";
}

TEST(MeasureRace, FindsTheBestWhileTheDeviceDriftsByAThird) {
  int right = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    virtual_clock clock;
    synthetic_device device(ladder(48, seed), clock, seed);
    device.drift = [](double s) { return 1 + 0.15 * std::sin(20 * s) + 0.02 * s; };
    device.says_when = seed % 2 == 0;
    race_options options = with_default(0);
    options.seed = seed;
    right += race(device.entrants(), device, clock, options).winner == seed;
  }
  EXPECT_GE(right, 19);
}

TEST(MeasureRace, TimesWhatWasGoodOnOtherProblems) {
  std::size_t left_out = 0;
  for (const bool promising : {false, true}) {
    virtual_clock clock;
    synthetic_device device(ladder(32, 19), clock);
    std::vector<entrant> entrants = device.entrants();
    entrants[left_out].promising = promising;
    const race_result r = race(entrants, device, clock);
    EXPECT_EQ(r.winner, 19u);
    while (!promising && left_out + 1 < entrants.size() && !r.variants[left_out].times_ns.empty())
      ++left_out;
    EXPECT_EQ(r.variants[left_out].times_ns.empty(), !promising);
  }
}

TEST(MeasureRace, CostsLittleMoreThanProbeAndScreenWhereOneIsFarAhead) {
  std::vector<double> times(64, 1.3e6);
  times[5] = 1e6;
  virtual_clock clock;
  synthetic_device device(times, clock);
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_EQ(r.winner, 5u);
  EXPECT_LT(r.launches, 64u + 40u);
}

TEST(MeasureRace, OneSlowSampleDoesNotCostTheBestItsWin) {
  for (const int outlier : {1, 2}) {
    virtual_clock clock;
    synthetic_device device(ladder(24, 11), clock);
    device.disturbed = [&](std::uint32_t v, int n) { return v == 11 && n == outlier ? 1.3 : 1.0; };
    EXPECT_EQ(race(device.entrants(), device, clock).winner, 11u) << "sample " << outlier;
  }
}

TEST(MeasureRace, OneFastSampleDoesNotWin) {
  virtual_clock clock;
  synthetic_device device(ladder(24, 11), clock);
  device.disturbed = [](std::uint32_t v, int n) { return v == 15 && n == 1 ? 0.73 : 1.0; };
  EXPECT_EQ(race(device.entrants(), device, clock).winner, 11u);
}

// Blocks of 50 ms would make the session of a short function many times longer than its race.
TEST(MeasureRace, ADefaultThatIsBeatenByLittleIsBeatenInShortBlocks) {
  int short_ones = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    virtual_clock clock;
    synthetic_device device({40e3 * 1.016, 40e3, 52e3, 55e3}, clock, seed);
    device.noise = 0.005;
    race_options options = with_default(0);
    options.seed = seed;
    const race_result r = race(device.entrants(), device, clock, options);
    EXPECT_EQ(r.winner, 1u) << seed;
    short_ones += r.timed_ns < 10e6;
  }
  EXPECT_GE(short_ones, 18);
}

TEST(MeasureRace, ATieKeepsTheDefault) {
  for (std::uint32_t kept = 0; kept < 4; ++kept) {
    virtual_clock clock;
    synthetic_device device({1e6, 1e6, 1e6, 1e6}, clock, kept);
    const race_result r = race(device.entrants(), device, clock, with_default(kept));
    EXPECT_EQ(r.winner, kept);
  }
}

TEST(MeasureRace, TheDefaultStaysUnlessBeatenByMoreThanOnePerCent) {
  for (const double slower : {1.006, 1.014}) {
    virtual_clock clock;
    synthetic_device device({slower * 1e6, 1e6, 1.2e6}, clock);
    const race_result r = race(device.entrants(), device, clock, with_default(0));
    EXPECT_EQ(r.winner, slower < 1.01 ? 0u : 1u);
    EXPECT_EQ(r.default_kept, slower < 1.01);
  }
}

// As far as the race can tell, whatever it has time for.
TEST(MeasureRace, TheDefaultIsNeverFasterThanTheWinner) {
  int beaten = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> between(0.97, 1.03);
    std::vector<double> times(3 + seed % 6);
    for (double &it : times)
      it = 1e6 * between(random);
    virtual_clock clock;
    synthetic_device device(times, clock, seed);
    device.noise = seed % 2 == 0 ? 0.02 : 0.1;
    race_options options = with_default(0);
    options.seed = seed;
    options.rep = 1 + static_cast<int>(seed % 5);
    const race_result r = race(device.entrants(), device, clock, options);
    if (!r.found || r.winner == 0 || !r.variants[0].compared)
      continue;
    ++beaten;
    EXPECT_GE(r.variants[0].margin, 0) << seed;
  }
  EXPECT_GE(beaten, 100);
}

TEST(MeasureRace, ALeaderThatFailsInTheFinalsLeavesTheNextBestAndNotTheDefault) {
  int failed = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (int at = 4; at < 40; ++at) {
      virtual_clock clock;
      // The default is beaten by so little more than 1 % that only the finals can tell.
      synthetic_device device({1.0125e6, 1.0002e6, 1e6}, clock, seed);
      device.noise = 0.004;
      device.fails_at[2] = at;
      const race_result r = race(device.entrants(), device, clock, with_default(0));
      ASSERT_TRUE(r.found);
      failed += r.variants[2].reason == left_by::failed;
      EXPECT_GT(r.runner_up_margin, -0.0101) << seed << ", sample " << at;
    }
  EXPECT_GE(failed, 50);
}

TEST(MeasureRace, AVariantThatFailsInTheRaceLeavesWithItsReason) {
  virtual_clock clock;
  synthetic_device device(ladder(16, 3), clock);
  device.fails_at[3] = 3;
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_EQ(r.winner, 4u);
  EXPECT_TRUE(r.finished);
  EXPECT_EQ(r.variants[3].reason, left_by::failed);
  EXPECT_EQ(r.variants[3].failure, "signal 11");
  EXPECT_EQ(r.variants[3].times_ns.size(), 2u);
}

TEST(MeasureRace, AVariantThatWasNotReachedIsAskedAgain) {
  virtual_clock clock;
  synthetic_device device(ladder(16, 3), clock);
  device.fails_at[3] = 2;
  device.fails_by = tl::rt::trial_status::harness_error;
  const race_result r = race(device.entrants(), device, clock);
  ASSERT_TRUE(r.found);
  EXPECT_EQ(r.winner, 3u);
  EXPECT_EQ(r.variants[3].failure, "");
  EXPECT_GT(device.taken[3], 2);
}

TEST(MeasureRace, FailedAndHopelessProbesAreNeverRun) {
  virtual_clock clock;
  synthetic_device device(ladder(4, 0), clock);
  std::vector<entrant> entrants = device.entrants();
  entrants[1].failure = "wrong result";
  entrants[2].probe_ns = 5.01 * entrants[0].probe_ns;
  const race_result r = race(entrants, device, clock);
  EXPECT_EQ(device.taken[1] + device.taken[2], 0);
  EXPECT_EQ(r.variants[1].reason, left_by::failed);
  EXPECT_EQ(r.variants[2].reason, left_by::slow_probe);
  EXPECT_EQ(r.winner, 0u);
}

TEST(MeasureRace, NothingWinsWhereNothingWorks) {
  virtual_clock clock;
  synthetic_device device(ladder(5, 0), clock);
  device.fails_at.assign(5, 1);
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_FALSE(r.found);
  EXPECT_FALSE(r.finished);
  EXPECT_EQ(r.stopped, "no variant works");
  EXPECT_FALSE(race({}, device, clock).found);
}

TEST(MeasureRace, ASamplerThatYieldsNothingEndsTheSession) {
  virtual_clock clock;
  synthetic_device device(ladder(5, 0), clock);
  device.dead = true;
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_FALSE(r.found);
  EXPECT_EQ(r.stopped, "nothing could be run");
  EXPECT_EQ(r.variants[2].reason, left_by::never_ran);
}

TEST(MeasureRace, ASingleVariantWins) {
  virtual_clock clock;
  synthetic_device device({2e6}, clock);
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_TRUE(r.found && r.finished);
  EXPECT_EQ(r.winner, 0u);
  EXPECT_EQ(r.runner_up, 0u);
  EXPECT_EQ(r.confidence, 1);
}

TEST(MeasureRace, ThrottledRoundsAreDroppedAndTakenAgain) {
  virtual_clock clock;
  std::vector<double> times = ladder(16, 9);
  for (double &t : times)
    t *= 100; // pieces of a few samples each
  synthetic_device device(times, clock);
  const auto throttled = [](double s) { return s > 0.9 && s < 1.6; };
  device.drift = [&](double s) { return throttled(s) ? 2.0 : 1.0; };
  device.speed = [&](double s) { return throttled(s) ? 0.5 : 1.0; };
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_GT(r.dropped_rounds, 0u);
  EXPECT_EQ(r.winner, 9u);
  for (const recorded_sample &s : r.samples)
    EXPECT_LT(s.time_ns, 1.9 * times[s.variant]) << "a throttled sample was kept";
}

TEST(MeasureRace, AClockThatStaysLowBecomesTheSessionSClock) {
  virtual_clock clock;
  std::vector<double> times = ladder(16, 9);
  for (double &t : times)
    t *= 100;
  synthetic_device device(times, clock);
  device.speed = [](double s) { return s > 1 ? 0.5 : 1.0; };
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_TRUE(r.finished);
  EXPECT_EQ(r.winner, 9u);
}

TEST(MeasureRace, OutOfBudgetIsUnfinishedAndCanBeContinued) {
  virtual_clock clock;
  synthetic_device device(ladder(32, 30), clock);
  device.noise = 0.05;
  race_options options;
  options.settle_ns = 0;
  options.budget_ns = 30e6;
  const race_result first = race(device.entrants(), device, clock, options);
  EXPECT_TRUE(first.found);
  EXPECT_FALSE(first.finished);
  EXPECT_EQ(first.stopped, "out of budget");
  EXPECT_LT(first.confidence, 0.99);

  options.budget_ns = 1e12;
  options.earlier = first.samples;
  const race_result second = race(device.entrants(), device, clock, options);
  EXPECT_TRUE(second.finished);
  EXPECT_EQ(second.winner, 30u);
  EXPECT_LT(second.samples.front().at_s, 0);
  EXPECT_GT(second.samples.back().at_s, 0);
  ASSERT_FALSE(first.variants[30].times_ns.empty());
  EXPECT_EQ(second.variants[30].times_ns.front(), first.variants[30].times_ns.front());
}

TEST(MeasureRace, WhatEarlierSessionsTookCountsWhereThereIsNoTimeForMore) {
  virtual_clock clock;
  synthetic_device device(ladder(8, 6), clock);
  race_options options;
  options.budget_ns = 0;
  for (int turn = 0; turn < 3; ++turn)
    for (std::uint32_t v = 0; v < 8; ++v)
      options.earlier.push_back({v, ladder(8, 6)[v], -1e3 * (24 - 8 * turn - v), 1});
  const race_result r = race(device.entrants(), device, clock, options);
  EXPECT_TRUE(device.asked.empty());
  ASSERT_TRUE(r.found);
  EXPECT_EQ(r.winner, 6u);
  EXPECT_TRUE(r.out_of_budget);
  EXPECT_FALSE(r.finished);
}

// The rest of a budget is no reason to begin what would have to be stopped.
TEST(MeasureRace, BeginsNothingThatDoesNotFitIntoTheBudget) {
  virtual_clock clock;
  synthetic_device device({100e6, 60e6, 30e6}, clock);
  race_options options = with_default(0);
  options.budget_ns = 170e6;
  const race_result r = race(device.entrants(), device, clock, options);
  EXPECT_LE(r.wall_ns, options.budget_ns);
  EXPECT_TRUE(r.out_of_budget);
  EXPECT_EQ(device.taken[0], 0);
  EXPECT_GE(device.taken[2], 1);
  EXPECT_EQ(r.winner, 2u);
}

// Three sessions that have time for a few samples each get on as one that has it all.
TEST(MeasureRace, ShortBudgetsGoOnWhereTheLastOneEnded) {
  virtual_clock clock;
  synthetic_device device({100e6, 90e6, 80e6, 70e6, 60e6, 50e6, 40e6, 30e6}, clock);
  race_options options = with_default(0);
  options.budget_ns = 300e6;
  int sessions = 0;
  race_result r;
  do {
    r = race(device.entrants(), device, clock, options);
    ASSERT_GT(r.samples.size(), options.earlier.size()) << "session " << sessions;
    ASSERT_LE(r.wall_ns, 1.1 * options.budget_ns);
    options.earlier = r.samples;
  } while (!r.finished && ++sessions < 30);
  EXPECT_TRUE(r.finished);
  EXPECT_EQ(r.winner, 7u);
}

TEST(MeasureRace, TakesNoMoreThanRepSamplesOfAVariant) {
  virtual_clock clock;
  synthetic_device device(std::vector<double>(6, 1e6), clock);
  device.noise = 0.3;
  race_options options;
  options.rep = 9;
  const race_result r = race(device.entrants(), device, clock, options);
  EXPECT_TRUE(r.found);
  EXPECT_FALSE(r.finished);
  EXPECT_EQ(r.stopped, "no samples left (rep)");
  EXPECT_EQ(*std::max_element(device.taken.begin(), device.taken.end()), 9);
}

TEST(MeasureRace, IsReproducibleFromItsSeed) {
  const auto run = [](std::uint64_t seed) {
    virtual_clock clock;
    synthetic_device device(ladder(20, 4), clock, 3);
    race_options options;
    options.seed = seed;
    race(device.entrants(), device, clock, options);
    std::vector<std::uint32_t> order;
    for (const tl::rt::sample_request &r : device.asked)
      order.push_back(r.variant);
    return order;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(MeasureRace, ShortLaunchesAreRepeatedToFillASample) {
  EXPECT_EQ(launches_for(50e3, 13e3), 4u);
  EXPECT_EQ(launches_for(50e3, 50e3), 1u);
  EXPECT_EQ(launches_for(50e3, 0), 1u);
  virtual_clock clock;
  synthetic_device device({13e3, 14e3}, clock);
  race(device.entrants(), device, clock, with_default(1));
  for (const tl::rt::sample_request &r : device.asked)
    EXPECT_GE(r.launches, 3u);
}

TEST(MeasureRace, TheCallerCanStopIt) {
  virtual_clock clock;
  synthetic_device device(std::vector<double>(20, 1e6), clock);
  device.noise = 0.2;
  race_options options;
  int looks = 0;
  options.observer = [&](const race_progress &p) {
    EXPECT_GT(p.leader_ns, 0);
    EXPECT_GE(p.samples, 18u);
    return ++looks < 3;
  };
  const race_result r = race(device.entrants(), device, clock, options);
  EXPECT_EQ(looks, 3);
  EXPECT_FALSE(r.finished);
  EXPECT_EQ(r.stopped, "stopped by the caller");
}

/// First calls that scatter by 30 %, or of which some take four times as long, must not decide.
TEST(MeasureRace, FirstCallsAreTrustedAsFarAsTheyDeserve) {
  for (const bool heavy : {false, true}) {
    int right = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      virtual_clock clock;
      synthetic_device device(ladder(32, seed), clock, seed);
      std::vector<entrant> entrants = device.entrants();
      std::mt19937_64 random(seed);
      std::normal_distribution<double> normal;
      for (entrant &e : entrants)
        e.probe_ns *= heavy ? (random() % 8 == 0 ? 4 : 1) : std::exp(0.3 * normal(random));
      race_options options;
      options.seed = seed;
      right += race(entrants, device, clock, options).winner == seed;
    }
    EXPECT_GE(right, 28) << (heavy ? "heavy" : "scattered");
  }
}

/// Sixty-four as good as equal, on a device that drifts by 3 % within three launches: certainty has
/// no end there, the race must.
TEST(MeasureRace, EndsWhereCertaintyIsTooDearAndSaysSo) {
  double confidence = 0, right = 0, launches = 0;
  constexpr int seeds = 20;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    virtual_clock clock;
    std::vector<double> times;
    for (int v = 0; v < 64; ++v)
      times.push_back(70e6 * (1 + 0.0005 * v));
    synthetic_device device(times, clock, seed);
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    double drift = 0;
    device.drift = [&](double) {
      drift = 0.7 * drift + 0.02 * normal(random);
      return std::exp(drift);
    };
    std::vector<entrant> entrants = device.entrants();
    for (entrant &e : entrants)
      e.probe_ns *= std::exp(0.02 * normal(random));
    race_options options = with_default(40);
    options.seed = seed;
    const race_result r = race(entrants, device, clock, options);
    EXPECT_TRUE(r.found && r.finished);
    confidence += r.confidence / seeds;
    right += (times[r.winner] <= 70.7e6) / static_cast<double>(seeds);
    launches = std::max(launches, static_cast<double>(r.launches));
  }
  EXPECT_LT(confidence, 0.98);
  EXPECT_LE(confidence, right + 0.1) << "more is stated than is true";
  EXPECT_GE(right, 0.8);
  EXPECT_LT(launches, 2.3 * 64)
      << "two passes besides the first calls, and what the last round adds";
}

TEST(MeasureRace, NoiseIsNotTakenForCertainty) {
  // All the same but for noise: whatever wins, the margins must not claim more than they know.
  int claims = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    virtual_clock clock;
    synthetic_device device(std::vector<double>(16, 1e6), clock, seed);
    device.noise = 0.01;
    race_options options = with_default(99);
    options.seed = seed;
    const race_result r = race(device.entrants(), device, clock, options);
    for (const standing &s : r.variants)
      claims += s.margin > 4 * s.margin_error + 1e-9;
  }
  EXPECT_LE(claims, 16) << "of 320";
}

} // namespace
