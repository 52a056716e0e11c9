// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/measure/race.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace {

using namespace tl::rt::measure;

/// Variants with given times on a device that drifts, throttles and fails as a test wants.
class synthetic_device final : public sampler {
public:
  synthetic_device(std::vector<double> times_ns, virtual_clock &clock, std::uint64_t seed = 7)
      : fails_at(times_ns.size(), 0), taken(times_ns.size(), 0), times_ns_(std::move(times_ns)),
        clock_(clock), random_(seed) {}

  double noise = 0.0015;
  /// Factor on all times at a moment [s].
  std::function<double(double)> drift = [](double) { return 1.0; };
  /// Clock to report at a moment [s].
  std::function<double(double)> speed = [](double) { return 0.0; };
  /// Which sample of a variant fails; 0: none.
  std::vector<int> fails_at;
  /// Factor on the n-th sample of a variant.
  std::function<double(std::uint32_t, int)> disturbed = [](std::uint32_t, int) { return 1.0; };
  bool says_when = true;
  bool dead = false;
  std::vector<int> taken;
  std::vector<request> asked;

  round_samples round(std::span<const request> order) override {
    round_samples result;
    if (dead)
      return result;
    result.clock = speed(now_s());
    for (const request &r : order) {
      result.clock = std::min(result.clock, speed(now_s()));
      asked.push_back(r);
      sample s;
      if (++taken[r.variant] == fails_at[r.variant]) {
        s.status = sample_status::failed;
        s.reason = "signal 11";
        result.samples.push_back(s);
        continue;
      }
      s.status = sample_status::taken;
      s.time_ns = times_ns_[r.variant] * drift(now_s()) * std::exp(noise * normal_(random_)) *
                  disturbed(r.variant, taken[r.variant]);
      const double length = s.time_ns * r.launches;
      if (says_when)
        s.at_ns = static_cast<double>(clock_.now_ns()) + length / 2;
      clock_.advance_ns(static_cast<std::int64_t>(length));
      result.clock = std::min(result.clock, speed(now_s()));
      result.samples.push_back(s);
    }
    return result;
  }
  double run_for(std::uint32_t, std::int64_t ns) override {
    clock_.advance_ns(ns);
    return 1 / drift(now_s());
  }
  std::vector<entrant> entrants() const {
    std::vector<entrant> result;
    for (const double t : times_ns_)
      result.push_back({1.3 * t, ""});
    return result;
  }

private:
  double now_s() { return static_cast<double>(clock_.now_ns()) * 1e-9; }
  std::vector<double> times_ns_;
  virtual_clock &clock_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
};

/// `n` variants 3 % apart from 1 ms on, the best at `best`.
std::vector<double> ladder(std::size_t n, std::size_t best) {
  std::vector<double> times;
  for (std::size_t i = 0; i < n; ++i)
    times.push_back(1e6 * (1 + 0.03 * static_cast<double>((i + n - best) % n)));
  return times;
}

race_options with_default(std::uint32_t v) {
  race_options options;
  options.default_variant = v;
  return options;
}

TEST(measure_race, finds_the_best_and_says_how_sure) {
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

TEST(measure_race, finds_the_best_while_the_device_drifts_by_a_third) {
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

TEST(measure_race, costs_little_more_than_probe_and_screen_where_one_is_far_ahead) {
  std::vector<double> times(64, 1.3e6);
  times[5] = 1e6;
  virtual_clock clock;
  synthetic_device device(times, clock);
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_EQ(r.winner, 5u);
  EXPECT_LT(r.launches, 64u + 40u);
}

TEST(measure_race, one_slow_sample_does_not_cost_the_best_its_win) {
  for (const int outlier : {1, 2}) {
    virtual_clock clock;
    synthetic_device device(ladder(24, 11), clock);
    device.disturbed = [&](std::uint32_t v, int n) { return v == 11 && n == outlier ? 1.3 : 1.0; };
    EXPECT_EQ(race(device.entrants(), device, clock).winner, 11u) << "sample " << outlier;
  }
}

TEST(measure_race, one_fast_sample_does_not_win) {
  virtual_clock clock;
  synthetic_device device(ladder(24, 11), clock);
  device.disturbed = [](std::uint32_t v, int n) { return v == 15 && n == 1 ? 0.73 : 1.0; };
  EXPECT_EQ(race(device.entrants(), device, clock).winner, 11u);
}

// Blocks of 50 ms would make the session of a short function many times longer than its race.
TEST(measure_race, a_default_that_is_beaten_by_little_is_beaten_in_short_blocks) {
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

TEST(measure_race, a_tie_keeps_the_default) {
  for (std::uint32_t kept = 0; kept < 4; ++kept) {
    virtual_clock clock;
    synthetic_device device({1e6, 1e6, 1e6, 1e6}, clock, kept);
    const race_result r = race(device.entrants(), device, clock, with_default(kept));
    EXPECT_EQ(r.winner, kept);
  }
}

TEST(measure_race, the_default_stays_unless_beaten_by_more_than_one_per_cent) {
  for (const double slower : {1.006, 1.014}) {
    virtual_clock clock;
    synthetic_device device({slower * 1e6, 1e6, 1.2e6}, clock);
    const race_result r = race(device.entrants(), device, clock, with_default(0));
    EXPECT_EQ(r.winner, slower < 1.01 ? 0u : 1u);
    EXPECT_EQ(r.default_kept, slower < 1.01);
  }
}

TEST(measure_race, a_variant_that_fails_in_the_race_leaves_with_its_reason) {
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

TEST(measure_race, failed_and_hopeless_probes_are_never_run) {
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

TEST(measure_race, nothing_wins_where_nothing_works) {
  virtual_clock clock;
  synthetic_device device(ladder(5, 0), clock);
  device.fails_at.assign(5, 1);
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_FALSE(r.found);
  EXPECT_FALSE(r.finished);
  EXPECT_EQ(r.stopped, "no variant works");
  EXPECT_FALSE(race({}, device, clock).found);
}

TEST(measure_race, a_sampler_that_yields_nothing_ends_the_session) {
  virtual_clock clock;
  synthetic_device device(ladder(5, 0), clock);
  device.dead = true;
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_FALSE(r.found);
  EXPECT_EQ(r.stopped, "nothing could be run");
  EXPECT_EQ(r.variants[2].reason, left_by::never_ran);
}

TEST(measure_race, a_single_variant_wins) {
  virtual_clock clock;
  synthetic_device device({2e6}, clock);
  const race_result r = race(device.entrants(), device, clock);
  EXPECT_TRUE(r.found && r.finished);
  EXPECT_EQ(r.winner, 0u);
  EXPECT_EQ(r.runner_up, 0u);
  EXPECT_EQ(r.confidence, 1);
}

TEST(measure_race, throttled_rounds_are_dropped_and_taken_again) {
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

TEST(measure_race, a_clock_that_stays_low_becomes_the_session_s_clock) {
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

TEST(measure_race, out_of_budget_is_unfinished_and_can_be_continued) {
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

TEST(measure_race, takes_no_more_than_rep_samples_of_a_variant) {
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

TEST(measure_race, is_reproducible_from_its_seed) {
  const auto run = [](std::uint64_t seed) {
    virtual_clock clock;
    synthetic_device device(ladder(20, 4), clock, 3);
    race_options options;
    options.seed = seed;
    race(device.entrants(), device, clock, options);
    std::vector<std::uint32_t> order;
    for (const request &r : device.asked)
      order.push_back(r.variant);
    return order;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(measure_race, short_launches_are_repeated_to_fill_a_sample) {
  EXPECT_EQ(launches_for(50e3, 13e3), 4u);
  EXPECT_EQ(launches_for(50e3, 50e3), 1u);
  EXPECT_EQ(launches_for(50e3, 0), 1u);
  virtual_clock clock;
  synthetic_device device({13e3, 14e3}, clock);
  race(device.entrants(), device, clock, with_default(1));
  for (const request &r : device.asked)
    EXPECT_GE(r.launches, 3u);
}

TEST(measure_race, the_caller_can_stop_it) {
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
TEST(measure_race, first_calls_are_trusted_as_far_as_they_deserve) {
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
TEST(measure_race, ends_where_certainty_is_too_dear_and_says_so) {
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

TEST(measure_race, noise_is_not_taken_for_certainty) {
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
