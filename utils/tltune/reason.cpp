// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "reason.h"
#include "format.h"

#include "runtime/measure/statistics.h"

#include <algorithm>
#include <cmath>

namespace tl::tool {

using namespace rt::store;

/// Fewer samples of one config say nothing about how sure a difference is.
static constexpr std::size_t fewest_samples = 6;

std::string_view to_string(verdict v) {
  switch (v) {
  case verdict::winner:
    return "winner";
  case verdict::beaten:
    return "beaten";
  case verdict::failed:
    return "failed";
  case verdict::not_eligible:
    return "not eligible";
  case verdict::unfinished:
    return "unfinished";
  case verdict::not_tried:
    return "not tried";
  }
  return "unknown";
}

static const trial *find_trial(const session_bundle &bundle, const std::string &config) {
  const auto found = std::find_if(bundle.trials.begin(), bundle.trials.end(),
                                  [&](const trial &t) { return t.config == config; });
  return found == bundle.trials.end() ? nullptr : &*found;
}

/// Probability that the median of what `a` is drawn from is above that of `b`. The samples are
/// taken as independent, which makes it too small where drift was common to both.
static double surely_slower(const std::vector<double> &a, const std::vector<double> &b) {
  if (a.size() < fewest_samples || b.size() < fewest_samples)
    return 0;
  const auto variance = [](const std::vector<double> &of) { // of the median of normal samples
    const double deviation = rt::measure::robust_deviation(of);
    return 1.5708 * deviation * deviation / static_cast<double>(of.size());
  };
  const double difference = rt::measure::median(a) - rt::measure::median(b);
  const double deviation = std::sqrt(variance(a) + variance(b));
  if (deviation <= 0)
    return difference > 0 ? 1 : difference < 0 ? 0 : 0.5;
  return rt::measure::student_cdf(difference / deviation,
                                  static_cast<double>(std::min(a.size(), b.size()) - 1));
}

static std::string sure_text(const trial &t, const trial &winner, double sure) {
  if (t.samples_ns.size() < fewest_samples || winner.samples_ns.size() < fewest_samples)
    return "too few samples to say how sure that is";
  const std::string share = sure > 0.999 ? "more than 99.9 %" : format_percent(sure);
  return share + " sure that it is slower, of " + std::to_string(t.samples_ns.size()) + " and " +
         std::to_string(winner.samples_ns.size()) + " samples";
}

static reason explain_winner(const winner &best) {
  std::string text = format_time(best.median_ns);
  if (best.default_median_ns > 0)
    text += ", " + format_speedup(best.default_median_ns, best.median_ns) + " over the default";
  if (!best.runner_up.empty())
    text += "; the runner-up " + best.runner_up + " is " + format_percent(best.margin) + " slower";
  if (best.confidence > 0)
    text += "; " + format_percent(best.confidence) + " sure that no other is more than 1 % faster";
  return {verdict::winner, text};
}

static reason explain_slower(const session_bundle &bundle, const std::optional<winner> &best,
                             const trial &t) {
  const bool cut = t.status == trial_status::cut;
  if (!best)
    return {verdict::unfinished, format_time(t.median_ns) + "; there is no winner yet"};
  const trial *const first = find_trial(bundle, best->config);
  const double winner_ns = first && first->median_ns > 0 ? first->median_ns : best->median_ns;
  reason made{verdict::beaten, ""};
  if (!(winner_ns > 0 && t.median_ns > 0)) {
    made.text = "slower than the winner; the times are not recorded";
    return made;
  }
  made.loss = t.median_ns / winner_ns - 1;
  if (cut && t.samples_ns.empty() && made.loss >= 0) {
    made.text = "about " + format_percent(made.loss) +
                " slower than the winner by its first run (" + t.reason + "), and not run again";
    return made;
  }
  made.text = format_time(t.median_ns) + ", ";
  if (made.loss > 0)
    made.text += format_percent(made.loss) + " slower than the winner";
  else
    made.text += "the median of its samples is no slower than the winner's; the race compares "
                 "pairs of runs, in which the winner was ahead or as good";
  if (cut) {
    made.text += "; given up after " + std::to_string(t.samples_ns.size()) +
                 (t.samples_ns.size() == 1 ? " sample" : " samples") +
                 ", since it could not win any more";
    return made;
  }
  if (first) {
    made.sure = surely_slower(t.samples_ns, first->samples_ns);
    made.text += "; " + sure_text(t, *first, made.sure);
  } else {
    made.text += "; the winner is another session's";
  }
  return made;
}

static reason explain_missing(const session_bundle &bundle, const std::string &config) {
  switch (bundle.session.state) {
  case session_state::running:
    return {verdict::not_tried, "not tried yet: the session is going on, or was killed"};
  case session_state::budget:
    return {verdict::not_tried,
            "not tried: the budget ran out first; the next call goes on with the session"};
  default:
    break;
  }
  if (config == bundle.factory.default_config)
    return {verdict::not_tried, "not tried, though it is the default"};
  return {verdict::not_tried, "not tried: the search did not ask for it, or no variant of it was "
                              "in the program"};
}

reason explain_config(const session_bundle &bundle, const std::optional<winner> &best,
                      const std::string &config) {
  if (best && best->config == config)
    return explain_winner(*best);
  const trial *const t = find_trial(bundle, config);
  if (!t)
    return explain_missing(bundle, config);
  const std::string why = t->reason.empty() ? "" : ": " + t->reason;
  switch (t->status) {
  case trial_status::measured:
  case trial_status::cut:
    return explain_slower(bundle, best, *t);
  case trial_status::not_eligible:
    return {verdict::not_eligible, "`eligible` rules it out for this problem; it never ran"};
  case trial_status::running:
    return {verdict::unfinished, "the program ended while it ran"};
  case trial_status::stopped:
    return {verdict::unfinished, "the budget ended while it ran; it is tried again"};
  case trial_status::lost:
    return {verdict::unfinished, "the program was killed while it ran, " +
                                     std::to_string(t->attempts) +
                                     (t->attempts == 1 ? " time" : " times") + why};
  case trial_status::infeasible:
    return {verdict::failed, "cannot run here" + why};
  default:
    return {verdict::failed, std::string(to_string(t->status)) + why};
  }
}

} // namespace tl::tool
