// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lets the race take its samples on a trial bench.

#ifndef TL_RUNTIME_TUNER_BENCH_SAMPLER_H
#define TL_RUNTIME_TUNER_BENCH_SAMPLER_H

#include "runtime/backend/backend.h"
#include "runtime/measure/sampler.h"

#include <map>

namespace tl::rt {

/// Not thread-safe. Keeps why a variant failed, beyond what the race wants to know.
class bench_sampler final : public measure::sampler {
public:
  /// Each sample is killed after `limit_s` [s]. `bench` outlives this.
  bench_sampler(trial_bench &bench, double limit_s) : bench_(bench), limit_s_(limit_s) {}

  measure::round_samples round(std::span<const measure::request> order) override;
  double run_for(std::uint32_t variant, std::int64_t ns) override;

  /// Outcomes of variants that failed while they were timed.
  const std::map<std::uint32_t, trial_outcome> &failures() const { return failures_; }

private:
  trial_bench &bench_;
  double limit_s_;
  std::map<std::uint32_t, trial_outcome> failures_;
};

} // namespace tl::rt

#endif
