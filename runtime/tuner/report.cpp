// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/report.h"

#include "runtime/store/statement.h"
#include "runtime/support/log.h"
#include "runtime/tuner/progress.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

namespace tl::rt {

static bool counts_as_rejected(store::trial_status status) {
  return status != store::trial_status::measured && status != store::trial_status::cut &&
         status != store::trial_status::not_eligible && status != store::trial_status::stopped;
}

std::string describe_session(const tl_factory &factory, const tl_call &call,
                             const session_result &result) {
  std::string text = fmt::format("{}({}): ", factory.name, call.problem);
  std::map<std::string_view, int> rejected;
  int eligible = 0, ruled_out = 0;
  for (const store::trial &it : result.trials) {
    if (it.status == store::trial_status::not_eligible)
      ++ruled_out;
    else
      ++eligible;
    if (counts_as_rejected(it.status))
      ++rejected[to_string(it.status)];
  }
  if (!result.winner) {
    text += fmt::format("no winner of {} variants in {:.2f} s: {}", eligible, result.seconds,
                        result.failure);
  } else {
    const store::winner &best = *result.winner;
    text += fmt::format("winner {} {}", best.config, format_ns(best.median_ns));
    if (result.sustained_ns > 0)
      text += fmt::format(" ({} when it runs alone for long)", format_ns(result.sustained_ns));
    if (best.default_median_ns > 0)
      text += fmt::format(
          ", default {} {}, {:.2f} times as fast", factory.configs[factory.default_variant],
          format_ns(best.default_median_ns), best.default_median_ns / best.median_ns);
    if (best.reference_median_ns > 0)
      text += fmt::format(", reference {}", format_ns(best.reference_median_ns));
    if (!best.runner_up.empty())
      text += fmt::format("; runner-up {} {}", best.runner_up, store::describe_margin(best.margin));
    text += fmt::format("; within 1 % of the best of {} variants with confidence {}", eligible,
                        store::describe_confidence(best.confidence));
    text += fmt::format("; {:.2f} s, {:.1f} passes", result.seconds, result.passes);
    if (result.carried_over)
      text += fmt::format(", {} trials of an earlier run", result.carried_over);
    if (result.unsure)
      text += "; provisional: not sure yet, will be continued";
    else if (result.state == store::session_state::budget)
      text += "; provisional: out of budget, will be continued";
  }
  if (!result.compared.empty())
    text += "; compared: " + result.compared;
  if (!rejected.empty()) {
    text += "; rejected:";
    for (const auto &[status, count] : rejected)
      text += fmt::format(" {} {}", count, status);
  }
  if (ruled_out)
    text += fmt::format("; {} not eligible", ruled_out);
  return text;
}

void report_session(const tl_factory &factory, const tl_call &call, const session_result &result,
                    progress_mode progress) {
  const std::string text = describe_session(factory, call, result);
  if (log_enabled(log_level::info))
    log_info(text);
  else if (shows_progress(progress)) // whoever watched the line wants to know how it ended
    write_log_line(log_level::info, "", text);
  for (const std::string &it : result.remarks)
    log_info(fmt::format("{}({}): {}", factory.name, call.problem, it));
}

std::string describe_trial(const tl_factory &factory, const tl_call &call,
                           const store::trial &trial) {
  std::string text = fmt::format("{}({}) {}: {}", factory.name, call.problem, trial.config,
                                 to_string(trial.status));
  if (trial.median_ns > 0)
    text += fmt::format(" {} +- {}, {} samples", format_ns(trial.median_ns),
                        format_ns(trial.spread_ns), trial.samples_ns.size());
  if (!trial.reason.empty())
    text += " (" + trial.reason + ")";
  return text;
}

} // namespace tl::rt
