// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/session_impl.h"

#include "runtime/support/log.h"

#include <fmt/format.h>

#include <algorithm>

namespace tl::rt {

/// Right once is not right, and what was found in another process has to hold in this one. Where it
/// does not, the next best may.
void session_run::confirm(trial_bench &bench, session_result &result) {
  while (result.winner) {
    const std::uint32_t variant = result.variant;
    if (variant == factory_.default_variant && !options_.reference)
      return;
    verdict outcome = bench.recheck(variant, std::min(options_.timeout, budget_.stop_in_s()));
    // No verdict: the one of its first run stands until the next start, which may have more time.
    // If it has not, either, it stands for good.
    const bool cut = budget_.stops_now() && (outcome.failure == trial_status::timed_out ||
                                             outcome.failure == trial_status::harness_error);
    if (cut && carried_over_ == 0)
      result.state = store::session_state::budget;
    const bool again = cut || outcome.right() || outcome.failure == trial_status::harness_error;
    if (again)
      outcome = bench.confirm(variant);
    if (outcome.right())
      return;
    if (outcome.failure == trial_status::harness_error) {
      result.winner.reset();
      unproven_ = outcome.reason;
      return;
    }
    store::trial &trial = trials_[variant].trial;
    trial.status = outcome.status();
    if (again) {
      trial.reason = "inside the program: " + outcome.reason;
      log_warning(fmt::format("{}({}): config {} was right in another process and is not right {}",
                              factory_.name, call_.problem, trial.config, trial.reason));
    } else {
      trial.reason = "after the race: " + outcome.reason;
      log_warning(fmt::format("{}({}): config {} was right at first and is not right {}",
                              factory_.name, call_.problem, trial.config, trial.reason));
    }
    static_cast<void>(world_.store.trials_finished(session_, {&trial, 1}));
    take_next_best(result);
  }
}

/// Makes the fastest variant the winner that is still measured, by what the race has found.
void session_run::take_next_best(session_result &result) const {
  const entry *best = nullptr;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    const entry &it = trials_[i];
    if (it.trial.status != store::trial_status::measured || !(it.level_ns > 0) ||
        (best && it.level_ns >= best->level_ns))
      continue;
    best = &it;
    result.variant = i;
  }
  if (!best) {
    result.variant = factory_.default_variant;
    result.winner.reset();
    return;
  }
  result.winner->config = best->trial.config;
  result.winner->median_ns = best->level_ns;
  result.winner->runner_up.clear();
  result.winner->margin = 0;
  result.winner->confidence = 0; // the race was about another one
}

} // namespace tl::rt
