// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device in virtual time for tests of the race.

#ifndef TL_TEST_UNIT_SYNTHETIC_DEVICE_H
#define TL_TEST_UNIT_SYNTHETIC_DEVICE_H

#include "runtime/measure/race.h"

#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace tl::rt::measure {

/// Variants with given times on a device that drifts, throttles and fails as a test wants.
class synthetic_device final : public sampler {
public:
  synthetic_device(std::vector<double> times_ns, virtual_clock &clock, std::uint64_t seed = 7)
      : fails_at(times_ns.size(), 0), taken(times_ns.size(), 0), times_ns_(std::move(times_ns)),
        clock_(clock), random_(seed) {}

  double noise = 0.0015;
  /// Of each launch of a sample, which has the less the more launches it spans.
  double noise_per_launch = 0;
  /// Factor on all times at a moment [s].
  std::function<double(double)> drift = [](double) { return 1.0; };
  /// Clock to report at a moment [s].
  std::function<double(double)> speed = [](double) { return 0.0; };
  /// Which sample of a variant fails; 0: none.
  std::vector<int> fails_at;
  /// How it fails: a harness_error is not the variant's fault.
  trial_status fails_by = trial_status::crashed;
  /// Factor on the n-th sample of a variant.
  std::function<double(std::uint32_t, int)> disturbed = [](std::uint32_t, int) { return 1.0; };
  bool says_when = true;
  bool dead = false;
  std::vector<int> taken;
  std::vector<sample_request> asked;

  timed_round round(std::span<const sample_request> order) override {
    timed_round result;
    if (dead)
      return result;
    result.clock = speed(now_s());
    for (const sample_request &r : order) {
      result.clock = std::min(result.clock, speed(now_s()));
      asked.push_back(r);
      timed_sample s;
      if (++taken[r.variant] == fails_at[r.variant]) {
        s.outcome = verdict::failed(fails_by, "signal 11");
        result.samples.push_back(s);
        continue;
      }
      const double spread = std::hypot(noise, noise_per_launch / std::sqrt(r.launches));
      s.outcome.time_ns = times_ns_[r.variant] * drift(now_s()) *
                          std::exp(spread * normal_(random_)) *
                          disturbed(r.variant, taken[r.variant]);
      const double length = s.outcome.time_ns * r.launches;
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
inline std::vector<double> ladder(std::size_t n, std::size_t best) {
  std::vector<double> times;
  for (std::size_t i = 0; i < n; ++i)
    times.push_back(1e6 * (1 + 0.03 * static_cast<double>((i + n - best) % n)));
  return times;
}

inline race_options with_default(std::uint32_t v) {
  race_options options;
  options.default_variant = v;
  return options;
}

} // namespace tl::rt::measure

#endif
