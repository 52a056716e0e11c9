// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/bench_sampler.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tl::rt {

/// Samples of one request to the bench. What the budget ended has no outcome.
timed_round bench_sampler::take(std::span<const sample_request> wanted) {
  const double limit_s = std::min(limit_s_, budget_.stop_in_s());
  timed_round taken;
  if (limit_s <= 0)
    return taken;
  taken = bench_.round(wanted, limit_s);
  for (std::size_t i = 0; i < std::min(taken.samples.size(), wanted.size()); ++i)
    if (taken.samples[i].launches == 0)
      taken.samples[i].launches = wanted[i].launches;
  if (budget_.stops_now())
    for (timed_sample &it : taken.samples)
      if (it.outcome.failure == trial_status::timed_out)
        it.outcome.failure = trial_status::harness_error;
  return taken;
}

/// As one request, which keeps a device busy; one by one where the budget may end before the last.
timed_round bench_sampler::take_within_budget(std::span<const sample_request> wanted) {
  double expected_s = 0;
  for (const sample_request &it : wanted)
    expected_s += it.expected_ns * it.launches * 1e-9;
  if (!budget_.limited() || 2 * expected_s < budget_.left_s())
    return take(wanted);
  timed_round all;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    timed_round one = take(wanted.subspan(i, 1));
    if (one.samples.empty())
      break;
    all.samples.push_back(std::move(one.samples.front()));
    all.clock = all.clock > 0 && one.clock > 0 ? std::min(all.clock, one.clock) : one.clock;
  }
  return all;
}

timed_round bench_sampler::round(std::span<const sample_request> wanted) {
  timed_round taken = take_within_budget(wanted);
  for (const timed_sample &it : taken.samples)
    if (it.failed())
      failures_.insert_or_assign(it.variant, it.outcome);
  return taken;
}

double bench_sampler::run_for(std::uint32_t variant, std::int64_t ns) {
  const std::int64_t begin_ns = clock_.now_ns();
  double launch_ns = 0, total_ns = 0, clock = 0;
  std::uint64_t launches = 0;
  std::uint32_t next = 1;
  while (clock_.now_ns() - begin_ns < ns) {
    const sample_request request{variant, next};
    const timed_round taken = take({&request, 1});
    if (taken.samples.size() != 1 || !taken.samples[0].taken())
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
