// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/session_impl.h"

#include "runtime/store/statement.h"
#include "runtime/support/trial_log.h"
#include "runtime/tuner/remarks.h"
#include "runtime/tuner/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tl::rt {

/// Share of what is left of a budget that settling the clock may take.
static constexpr double settle_share = 0.1;
/// Samples of earlier runs are taken to be so far apart that nothing is known of the device's drift
/// from one to the next [s].
static constexpr double far_apart_s = 300;
/// Where a budget leaves no time for samples, a variant has to be this much faster than the default
/// config in their first runs to be taken in its place.
static constexpr double first_run_margin = 0.1;

/// Resources with the time that the variant takes when it runs alone for long.
static std::string with_sustained(const std::string &resources, double sustained_ns) {
  const std::string rest = resources.size() > 2 ? "," + resources.substr(1) : "}";
  return fmt::format("{{\"sustained_ns\":{:.1f}{}", sustained_ns, rest);
}

void session_run::note_race(const measure::race_result &raced, const bench_sampler &sampler) {
  std::vector<store::trial> finished;
  const double winner_ns = raced.found ? raced.variants[raced.winner].median_ns : 0;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    if (!trials_[i].probed)
      continue;
    const measure::standing &standing = raced.variants[i];
    trials_[i].level_ns =
        standing.compared ? winner_ns * (1 + standing.margin) : standing.median_ns;
    store::trial &trial = trials_[i].trial;
    if (const auto failure = sampler.failures().find(i); failure != sampler.failures().end()) {
      trial.status = failure->second.status();
      trial.reason = failure->second.reason;
    } else if (standing.times_ns.empty()) {
      trial.status =
          standing.reason == measure::left_by::slow_probe ? store::trial_status::cut : trial.status;
      if (trial.status == store::trial_status::cut) {
        trial.reason = fmt::format("first run {}, the best one {}", format_ns(trials_[i].probe_ns),
                                   format_ns(best_probe_ns_));
        // First runs find other caches than samples do: only their ratio says something.
        if (winner_ns > 0 && best_probe_ns_ > 0)
          trial.median_ns = winner_ns * std::max(1.0, trials_[i].probe_ns / best_probe_ns_);
      }
    } else {
      trial.status = store::trial_status::measured;
      trial.reason.clear();
      trial.samples_ns = standing.times_ns;
      trial.median_ns = standing.median_ns;
      trial.spread_ns = standing.spread * standing.median_ns;
      double sum = 0;
      for (const double it : standing.times_ns)
        sum += it;
      trial.mean_ns = sum / static_cast<double>(standing.times_ns.size());
      if (standing.sustained_ns > 0)
        trial.resources = with_sustained(trial.resources, standing.sustained_ns);
    }
    finished.push_back(trial);
    log_trial(describe_trial(factory_, call_, trial));
  }
  static_cast<void>(world_.store.note_trials(session_, finished));
}

/// What whoever looks into speed wants to know besides.
std::vector<std::string> session_run::remarks_about(const measure::race_result &raced,
                                                    const std::string &winner) const {
  std::vector<const store::trial *> tried;
  for (const entry &it : trials_)
    if (it.trial.status != store::trial_status::running &&
        it.trial.status != store::trial_status::not_eligible)
      tried.push_back(&it.trial);
  const std::vector<const char *> configs(factory_.configs,
                                          factory_.configs + factory_.variant_count);
  std::vector<std::string> remarks = remarks_on_trials(tried);
  for (std::string &it : remarks_on_edges(configs, winner))
    remarks.push_back(std::move(it));
  for (std::string &it : remarks_on_race(raced))
    remarks.push_back(std::move(it));
  return remarks;
}

/// Those that were right. One with samples of an earlier run needs no first run to tell how fast it
/// is, and that run is not at hand.
std::vector<measure::entrant> session_run::entrants() const {
  std::vector<measure::entrant> all;
  for (const entry &it : trials_)
    all.push_back({it.trial.samples_ns.empty() ? it.probe_ns : 0,
                   it.probed ? std::string{} : "not in the race", it.probe_at_ns, it.promising});
  return all;
}

/// What earlier runs of the session have timed, in turns as they were taken.
std::vector<measure::recorded_sample> session_run::kept_samples() const {
  std::vector<measure::recorded_sample> kept;
  for (std::size_t turn = 0, before = SIZE_MAX; before != kept.size(); ++turn) {
    before = kept.size();
    for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
      const entry &it = trials_[i];
      if (!it.probed || turn >= it.trial.samples_ns.size())
        continue;
      const double time_ns = it.trial.samples_ns[turn];
      const std::uint32_t launches =
          measure::launches_for(measure::race_options{}.least_sample_ns, time_ns);
      kept.push_back({i, time_ns, 0, launches});
    }
  }
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i].at_s = -far_apart_s * static_cast<double>(kept.size() - i);
  return kept;
}

measure::race_options session_run::race_options_for(std::vector<measure::recorded_sample> kept) {
  measure::race_options options;
  options.default_variant = factory_.default_variant;
  options.seed = session_.seed;
  options.rep = options_.rep;
  options.warmup_ns = options_.warmup * 1e6;
  options.earlier = std::move(kept);
  if (budget_.limited()) {
    // The winner is checked once more, and twice where a new worker has to be started for it.
    const double left_s = budget_.left_s(), check_s = 2 * best_probe_ns_ * 1e-9 + kill_cost_s_;
    options.budget_ns = std::max(left_s / 2, left_s - check_s) * 1e9;
    // A short session is better spent on samples than on waiting for the clock to settle.
    options.settle_ns = std::min(options.settle_ns, settle_share * options.budget_ns);
    options.warmup_ns = std::min(options.warmup_ns, options.settle_ns);
  }
  options.observer = [this, rep = options.rep,
                      least_ns = options.least_sample_ns](const measure::race_progress &now) {
    const std::uint32_t left = now.contenders + 1;
    const double most_s = left * (rep * std::max(now.leader_ns, least_ns) * 1e-9);
    progress_.racing(left, now.leader_ns, now.confidence, std::min(most_s, budget_.left_s()));
    static_cast<void>(world_.store.settle_trials(session_, true));
    return true;
  };
  return options;
}

/// Nothing could be timed within the budget. A variant that was clearly faster in its first run is
/// the best guess, else what the caller wrote as the default.
void session_run::take_best_first_run(session_result &result) const {
  const entry &usual = trials_[factory_.default_variant];
  std::uint32_t best = factory_.default_variant;
  double least_ns = usual.probed ? usual.probe_ns / (1 + first_run_margin)
                                 : std::numeric_limits<double>::infinity();
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    if (trials_[i].probed && trials_[i].probe_ns > 0 && trials_[i].probe_ns < least_ns) {
      best = i;
      least_ns = trials_[i].probe_ns;
    }
  if (!trials_[best].probed)
    return;
  result.variant = best;
  result.winner.emplace().config = factory_.configs[best];
  result.winner->median_ns = trials_[best].probe_ns;
  result.winner->default_median_ns = usual.probed ? usual.probe_ns : 0;
}

void session_run::take_raced(const measure::race_result &raced, double reference_ns,
                             session_result &result) const {
  store::winner winner;
  winner.config = factory_.configs[raced.winner];
  winner.median_ns = trials_[raced.winner].level_ns;
  // Two medians that the race had no time to compare are of different moments: where they
  // contradict its choice, nothing is known of how much faster the winner is.
  if (const entry &usual = trials_[factory_.default_variant];
      usual.trial.status == store::trial_status::measured &&
      (raced.variants[factory_.default_variant].compared || usual.level_ns >= winner.median_ns))
    winner.default_median_ns = usual.level_ns;
  winner.reference_median_ns = reference_ns;
  winner.confidence = raced.confidence;
  if (raced.runner_up != raced.winner) {
    winner.runner_up = factory_.configs[raced.runner_up];
    winner.margin = raced.runner_up_margin;
  }
  result.variant = raced.winner;
  result.winner = winner;
  result.sustained_ns = raced.variants[raced.winner].sustained_ns;
  result.remarks = remarks_about(raced, winner.config);
}

void session_run::race_all(trial_bench &bench, session_result &result) {
  double one_pass_ns = 0;
  for (const entry &it : trials_)
    one_pass_ns += it.probed ? it.probe_ns : 0;
  const std::vector<measure::entrant> racing = entrants();
  std::vector<measure::recorded_sample> kept = kept_samples();
  const std::size_t had = kept.size();
  bench_sampler sampler(bench, options_.timeout, budget_, world_.clock);
  const measure::race_result raced =
      measure::race(racing, sampler, world_.clock, race_options_for(std::move(kept)));
  note_race(raced, sampler);
  const bool cut_short = raced.out_of_budget || budget_.over();
  if (!raced.found) {
    if (cut_short)
      take_best_first_run(result);
    result.state = store::session_state::budget;
    return;
  }
  take_raced(raced, bench.reference_ns(), result);
  result.passes = one_pass_ns > 0 ? raced.timed_ns / one_pass_ns : 0;
  // Only more time would help a session that its budget ended. One that has used up `rep` samples
  // on a noisy device is as good as it gets, and its confidence says how good that is. So is one
  // whose budget does not hold a single sample more.
  const bool stuck = probes_ == 0 && raced.samples.size() == had && !budget_.over();
  result.state = raced.finished || !cut_short || stuck ? store::session_state::finished
                                                       : store::session_state::budget;
  // Passes that were too dear to go on with. They are spent once more, at the next start; a session
  // that is not sure after that is as good as it gets on this machine.
  if (result.state == store::session_state::finished && raced.finished && carried_over_ == 0 &&
      raced.confidence < store::least_confidence) {
    result.state = store::session_state::budget;
    result.unsure = true;
  }
}

} // namespace tl::rt
