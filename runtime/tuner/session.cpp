// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/session.h"

#include "runtime/tuner/session_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tl::rt {

/// What a new worker costs counts up to this, so that many that hang stay bearable [s].
static constexpr double most_kill_cost_s = 2;

session_result session_run::fail(std::string why) {
  session_result result;
  result.variant = factory_.default_variant;
  result.failure = std::move(why);
  return finish(std::move(result));
}

/// There is nothing to check variants against, in this run at least.
session_result session_run::unprepared(const verdict &prepared) {
  const bool too_little = budget_.stop_in_s() <= 0;
  session_result failed =
      fail(too_little ? fmt::format("the budget of {:g} s ended before the first variant could be "
                                    "tried: {}",
                                    budget_.seconds(), prepared.reason)
                      : "nothing to check the variants against: " + prepared.reason);
  failed.waits_for_program = prepared.waits_for_program;
  // What earlier runs have found is kept for one with more time.
  if (too_little)
    failed.state = store::session_state::budget;
  return failed;
}

session_result session_run::finish(session_result result) {
  result.carried_over = carried_over_;
  result.compared = compared_;
  result.seconds = budget_.elapsed_s();
  result.trials = not_made_;
  auto tried = static_cast<std::uint32_t>(not_made_.size());
  for (const entry &it : trials_)
    if (it.trial.status != store::trial_status::running) {
      result.trials.push_back(it.trial);
      ++tried;
    }
  if (result.winner)
    result.winner->trials = tried;
  return result;
}

/// The commonest reasons, for the one line that explains why nothing won.
static std::string summarise_failures(const std::vector<store::trial> &trials) {
  std::map<std::string, std::uint32_t> reasons;
  for (const store::trial &it : trials)
    ++reasons[fmt::format("{}: {}", to_string(it.status), it.reason)];
  std::vector<std::pair<std::string, std::uint32_t>> sorted(reasons.begin(), reasons.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto &a, const auto &b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(sorted.size(), 3); ++i)
    text += fmt::format("{}{} x {}", i ? "; " : "", sorted[i].second, sorted[i].first);
  return text;
}

session_result session_run::run() {
  load_earlier();
  take_over_earlier_trials();
  rule_out_absent();
  leave_other_parts();
  if (const status asked = ask_eligible(); !asked)
    return fail(asked.text());
  std::string error;
  const tuning_task task{.factory = &factory_,
                         .call = &call_,
                         .options = options_,
                         .cold = cold_,
                         .in_process = options_.isolation == TL_ISOLATION_NONE,
                         .seed = session_.seed,
                         .once = false,
                         .stops_at = budget_.stops_at()};
  const double opened_s = budget_.elapsed_s();
  const std::unique_ptr<trial_bench> bench = backend_.open(task, error);
  if (!bench)
    return fail("no trials are possible: " + error);
  const double started_s = budget_.elapsed_s();
  if (const verdict prepared = bench->prepare(); !prepared.right())
    return unprepared(prepared);
  compared_ = bench->compared();
  static_cast<void>(world_.store.note_compared(session_, compared_));
  kill_cost_s_ = std::min(budget_.elapsed_s() - started_s, most_kill_cost_s);
  const bool all_probed = probe_all(*bench, budget_.elapsed_s() - opened_s);
  if (!all_probed)
    static_cast<void>(world_.store.settle_trials(session_));
  look_again(*bench);
  session_result result;
  result.variant = factory_.default_variant;
  race_all(*bench, result);
  confirm(*bench, result);
  if (!all_probed)
    result.state = store::session_state::budget;
  if (not_compiled_now_) {
    result.state = store::session_state::budget;
    result.unsure = true;
  }
  result = finish(std::move(result));
  if (!result.winner) {
    result.state = all_probed && unproven_.empty() ? store::session_state::abandoned
                                                   : store::session_state::budget;
    result.failure = !unproven_.empty()
                         ? "the winner could not be tried inside the program: " + unproven_
                         : (all_probed ? "no variant survived: "
                                       : fmt::format("the budget of {:g} s ended before a variant "
                                                     "was found right: ",
                                                     budget_.seconds())) +
                               summarise_failures(result.trials);
  }
  return result;
}

tl_options effective_options(const tl_factory &factory, const controls &controls) {
  tl_options options = factory.options;
  if (controls.timeout)
    options.timeout = *controls.timeout;
  if (controls.budget)
    options.budget = *controls.budget;
  if (controls.isolation)
    options.isolation =
        *controls.isolation == isolation_mode::none ? TL_ISOLATION_NONE : TL_ISOLATION_PROCESS;
  return options;
}

session_result run_session(const world &in, const tl_factory &factory, const tl_call &call,
                           backend &on, const store::session &session, const tl_options &options,
                           bool cold) {
  return session_run(in, factory, call, on, session, options, cold).run();
}

} // namespace tl::rt
