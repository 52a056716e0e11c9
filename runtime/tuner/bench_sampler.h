// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lets the race take its samples on a trial bench.

#ifndef TL_RUNTIME_TUNER_BENCH_SAMPLER_H
#define TL_RUNTIME_TUNER_BENCH_SAMPLER_H

#include "runtime/backend/backend.h"
#include "runtime/measure/sampler.h"
#include "runtime/tuner/time_budget.h"

#include <map>
#include <span>

namespace tl::rt {

/// Not thread-safe. Keeps why a variant failed, beyond what the race wants to know.
class bench_sampler final : public measure::sampler {
public:
  /// Each sample is killed after `limit_s` [s], or when the budget stops what is under way, which
  /// is no variant's fault. `bench`, `budget` and `clock` outlive this.
  bench_sampler(trial_bench &bench, double limit_s, const time_budget &budget,
                measure::clock &clock)
      : bench_(bench), limit_s_(limit_s), budget_(budget), clock_(clock) {}

  timed_round round(std::span<const sample_request> wanted) override;
  double run_for(std::uint32_t variant, std::int64_t ns) override;
  measure::device_load load() override { return bench_.load(); }

  /// Outcomes of variants that failed while they were timed.
  const std::map<std::uint32_t, verdict> &failures() const { return failures_; }

private:
  timed_round take(std::span<const sample_request> wanted);
  timed_round take_within_budget(std::span<const sample_request> wanted);

  trial_bench &bench_;
  double limit_s_;
  const time_budget &budget_;
  measure::clock &clock_;
  std::map<std::uint32_t, verdict> failures_;
};

} // namespace tl::rt

#endif
