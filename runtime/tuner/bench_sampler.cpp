// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/bench_sampler.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace tl::rt {

measure::round_samples bench_sampler::round(std::span<const measure::request> order) {
  std::vector<sample_request> wanted;
  for (const measure::request &it : order)
    wanted.push_back({it.variant, it.launches});
  timed_round taken = bench_.round(wanted, limit_s_);
  measure::round_samples result;
  result.clock = taken.clock;
  for (timed_sample &it : taken.samples) {
    measure::sample &sample = result.samples.emplace_back();
    if (it.outcome.status == trial_status::harness_error)
      continue; // not the variant's fault: it stays `not_run`
    if (it.outcome.status != trial_status::measured) {
      sample.status = measure::sample_status::failed;
      sample.reason = it.outcome.reason;
      failures_.insert_or_assign(it.variant, std::move(it.outcome));
      continue;
    }
    sample.status = measure::sample_status::taken;
    sample.time_ns = it.outcome.time_ns;
    sample.launches = it.launches;
    if (it.at_ns > 0)
      sample.at_ns = it.at_ns;
  }
  return result;
}

double bench_sampler::run_for(std::uint32_t variant, std::int64_t ns) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto begin = now();
  double launch_ns = 0, total_ns = 0, clock = 0;
  std::uint64_t launches = 0;
  std::uint32_t next = 1;
  while (std::chrono::duration_cast<std::chrono::nanoseconds>(now() - begin).count() < ns) {
    const sample_request request{variant, next};
    const timed_round taken = bench_.round({&request, 1}, limit_s_);
    if (taken.samples.size() != 1 || taken.samples[0].outcome.status != trial_status::measured)
      return 0;
    clock = taken.clock;
    launch_ns = taken.samples[0].outcome.time_ns;
    total_ns += launch_ns * taken.samples[0].launches;
    launches += taken.samples[0].launches;
    // Slices of a quarter keep the length honest without a message for each launch.
    next = static_cast<std::uint32_t>(
        std::clamp(static_cast<double>(ns) / 4 / std::max(launch_ns, 1.0), 1.0, 1e6));
  }
  if (clock > 0)
    return clock;
  return total_ns > 0 ? static_cast<double>(launches) / total_ns : 0;
}

} // namespace tl::rt
