// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A device made of recorded medians, whose speed drifts in virtual time.
//
// The published repeats of a config were taken back to back, so what interleaved sampling would
// have seen is modelled: time = median of the config x noise x drift at that moment, and the first
// launch of a config in a session takes its recorded first repeat's share more (or less).

#ifndef TL_UTILS_BENCH_REPLAY_MODELLED_DEVICE_H
#define TL_UTILS_BENCH_REPLAY_MODELLED_DEVICE_H

#include "recorded_space.h"
#include "runtime/measure/clock.h"
#include "runtime/measure/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace tl::replay {

struct device_model {
  double noise = 0.0015;       ///< standard deviation of a launch (relative)
  double outlier_share = 0.02; ///< share of launches that are disturbed
  double outlier_size = 0.1;   ///< mean of their delay, exponentially distributed (relative)
  double drift = 0;            ///< standard deviation of the common drift [ln]
  double drift_time = 0.5;     ///< correlation time of the drift, an AR(1) process [s]
  double launch_gap_ns = 0;    ///< idle time between samples [ns]
  double timer_ns = 0;         ///< step of the timer that samples are taken with; 0: exact [ns]
};

class modelled_device final : public rt::measure::sampler {
public:
  /// Variant i is `*configs[i]`; a null one fails whenever it runs.
  modelled_device(std::span<const recorded_config *const> configs, const device_model &model,
                  rt::measure::virtual_clock &clock, std::uint64_t seed)
      : configs_(configs.begin(), configs.end()), called_(configs.size(), false), model_(model),
        clock_(clock), random_(seed) {
    drift_ = model_.drift * normal_(random_);
  }

  rt::timed_round round(std::span<const rt::sample_request> order) override {
    rt::timed_round result;
    for (const rt::sample_request &r : order) {
      rt::timed_sample s;
      if (configs_[r.variant]) {
        s.outcome.time_ns = launch(r.variant, r.launches, s.at_ns);
      } else {
        s.outcome = rt::verdict::failed(rt::trial_status::crashed, "recorded as failing");
      }
      result.samples.push_back(std::move(s));
      clock_.advance_ns(static_cast<std::int64_t>(model_.launch_gap_ns));
    }
    return result;
  }

  double run_for(std::uint32_t variant, std::int64_t ns) override {
    if (!configs_[variant])
      return 0;
    const auto launches =
        static_cast<std::uint32_t>(static_cast<double>(ns) / configs_[variant]->median_ns) + 1;
    double at;
    return 1 / launch(variant, launches, at);
  }

  /// Mean time of back-to-back launches [ns], of which the middle is at `at` [ns].
  double launch(std::uint32_t variant, std::uint32_t launches, double &at) {
    const recorded_config &config = *configs_[variant];
    double noise = 0;
    for (std::uint32_t i = 0; i < launches; ++i) {
      noise += 1 + model_.noise * normal_(random_);
      if (uniform_(random_) < model_.outlier_share)
        noise += model_.outlier_size * exponential_(random_);
    }
    if (!called_[variant]) {
      noise += config.first_call - 1;
      called_[variant] = true;
    }
    noise /= launches;
    move(0.5 * config.median_ns * launches);
    at = static_cast<double>(clock_.now_ns());
    const double time = config.median_ns * noise * std::exp(speed());
    move((time - 0.5 * config.median_ns) * launches);
    if (model_.timer_ns <= 0)
      return time;
    // Begin and end are each read off the timer.
    const double begin = uniform_(random_);
    const double ticks = std::floor(begin + time * launches / model_.timer_ns);
    return std::max(ticks, 1.0) * model_.timer_ns / launches;
  }

private:
  void move(double ns) { clock_.advance_ns(static_cast<std::int64_t>(std::max(ns, 0.0))); }

  /// The drift now: exact steps of an Ornstein-Uhlenbeck process, which AR(1) is a sampling of.
  double speed() {
    const std::int64_t now = clock_.now_ns();
    const double keep =
        std::exp(-static_cast<double>(now - drift_at_ns_) * 1e-9 / model_.drift_time);
    drift_at_ns_ = now;
    if (model_.drift > 0)
      drift_ = keep * drift_ + model_.drift * std::sqrt(1 - keep * keep) * normal_(random_);
    return drift_;
  }

  std::vector<const recorded_config *> configs_;
  std::vector<bool> called_;
  device_model model_;
  rt::measure::virtual_clock &clock_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::exponential_distribution<double> exponential_;
  std::uniform_real_distribution<double> uniform_;
  double drift_ = 0;
  std::int64_t drift_at_ns_ = 0;
};

} // namespace tl::replay

#endif
