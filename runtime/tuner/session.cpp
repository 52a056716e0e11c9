// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/session.h"

#include "runtime/measure/race.h"
#include "runtime/measure/search.h"
#include "runtime/measure/statistics.h"
#include "runtime/support/environment.h"
#include "runtime/support/json_text.h"
#include "runtime/support/log.h"
#include "runtime/support/paths.h"
#include "runtime/tuner/absent.h"
#include "runtime/tuner/bench_sampler.h"
#include "runtime/tuner/config_points.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/probe_queue.h"
#include "runtime/tuner/progress.h"
#include "runtime/tuner/registry.h"
#include "runtime/tuner/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

namespace tl::rt {
namespace {

/// A first run is killed when it takes this many times the best first run so far ...
constexpr double soft_limit_times = 10;
/// ... but never before this, since a first run also loads code and touches memory [s].
constexpr double soft_limit_least_s = 0.25;
/// A first run above the race's limit is run again when it took less than this: starting threads
/// and touching memory for the first time takes milliseconds, whatever the variant [ns].
constexpr double second_look_below_ns = 20e6;
/// Share of a session's budget that is kept for the race, and share of that for settling the clock.
constexpr double race_share = 0.3;
constexpr double settle_share = 0.1;

class session_run {
public:
  session_run(const tl_factory &factory, const tl_call &call, backend &on,
              const store::session &session, const tl_options &options, bool cold)
      : factory_(factory), call_(call), backend_(on), session_(session), options_(options),
        cold_(cold), trials_(factory.variant_count), progress_(factory.name, call.problem) {}

  session_result run();

private:
  /// One variant's place in the session.
  struct entry {
    bool wanted = true;  ///< eligible, chosen by the search, and not lost in an earlier run
    bool known = false;  ///< an earlier run of the session has probed it
    bool probed = false; ///< right, and the time of its first run is known
    double probe_ns = 0;
    /// When, on the clock of the race [ns]; NaN: in an earlier run, or on another device.
    double probe_at_ns = std::numeric_limits<double>::quiet_NaN();
    store::trial trial;
  };

  double elapsed_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }
  bool over(double share) const {
    return options_.budget > 0 && elapsed_s() > share * options_.budget;
  }
  double probe_limit_s() const;
  void take_over_earlier_trials();
  void rule_out_absent();
  status ask_eligible();
  std::vector<std::uint32_t> searched() const;
  void probed(std::uint32_t variant, const trial_outcome &outcome, const std::string &unit,
              std::string_view next);
  bool probe_all(trial_bench &bench, double start_s);
  void look_again(trial_bench &bench);
  void race_all(trial_bench &bench, session_result &result);
  void note(std::uint32_t variant, const trial_outcome &outcome);
  void note_race(const measure::race_result &raced, const bench_sampler &sampler);
  session_result fail(std::string why);
  session_result finish(session_result result);

  const tl_factory &factory_;
  const tl_call &call_;
  backend &backend_;
  const store::session &session_;
  const tl_options options_;
  const bool cold_;
  std::vector<entry> trials_;
  progress_line progress_;
  measure::steady_clock clock_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::uint32_t carried_over_ = 0;
  double best_probe_ns_ = 0;
  std::uint32_t probes_ = 0, failed_probes_ = 0;
};

double session_run::probe_limit_s() const {
  if (best_probe_ns_ <= 0)
    return options_.timeout;
  return std::min(options_.timeout,
                  std::max(soft_limit_least_s, soft_limit_times * best_probe_ns_ * 1e-9));
}

void session_run::take_over_earlier_trials() {
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    trials_[i].trial.config = factory_.configs[i];
  for (const store::trial &it : session_.finished) {
    const std::uint32_t variant = find_variant(factory_, it.config);
    if (variant == UINT32_MAX)
      continue;
    entry &known = trials_[variant];
    known.known = true;
    known.trial = it;
    // A cut variant ran and was right; what cut it may have been an unlucky best.
    known.probed =
        it.status == store::trial_status::measured || it.status == store::trial_status::cut;
    known.probe_ns = it.median_ns;
    if (known.probed && (best_probe_ns_ == 0 || known.probe_ns < best_probe_ns_))
      best_probe_ns_ = known.probe_ns;
    ++carried_over_;
  }
  for (const store::trial &it : session_.lost)
    if (const std::uint32_t variant = find_variant(factory_, it.config); variant != UINT32_MAX) {
      trials_[variant].wanted = false;
      trials_[variant].trial = it;
    }
}

/// Not even tried: it may be noexcept, where what its body throws would be a crash.
void session_run::rule_out_absent() {
  std::vector<store::trial> ruled_out;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    std::optional<std::string> why = why_absent(factory_, i);
    if (!why)
      continue;
    store::trial trial;
    trial.config = factory_.configs[i];
    trial.status = store::trial_status::infeasible;
    trial.reason = std::move(*why);
    trials_[i] = {.wanted = false, .trial = trial};
    ruled_out.push_back(trial);
    log_trial(describe_trial(factory_, call_, trial));
  }
  if (!ruled_out.empty())
    static_cast<void>(store::tuning_store::instance().trials_finished(session_, ruled_out));
}

status session_run::ask_eligible() {
  std::vector<std::uint8_t> wanted;
  if (status asked = find_eligible(factory_, options_, call_.arguments, wanted); !asked)
    return asked;
  std::vector<store::trial> ruled_out;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    if (!wanted[i] && trials_[i].wanted) {
      trials_[i].wanted = false;
      trials_[i].trial.status = store::trial_status::not_eligible;
      trials_[i].trial.reason = "ruled out for this problem";
      ruled_out.push_back(trials_[i].trial);
    }
  if (!ruled_out.empty())
    static_cast<void>(store::tuning_store::instance().trials_finished(session_, ruled_out));
  return status::ok();
}

/// Variants may be probed when they are eligible and were not lost with an earlier worker.
std::vector<std::uint32_t> session_run::searched() const {
  std::vector<std::uint32_t> variants;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    if (trials_[i].wanted)
      variants.push_back(i);
  return variants;
}

void session_run::note(std::uint32_t variant, const trial_outcome &outcome) {
  entry &it = trials_[variant];
  it.trial.status = outcome.status;
  it.trial.reason = outcome.reason;
  it.trial.median_ns = outcome.time_ns;
  if (!outcome.resources.empty())
    it.trial.resources = outcome.resources;
  it.probed = outcome.status == trial_status::measured;
  it.probe_ns = outcome.time_ns;
  if (it.probed && (best_probe_ns_ == 0 || it.probe_ns < best_probe_ns_))
    best_probe_ns_ = it.probe_ns;
}

/// Resources with the device that the variant ran on, where that is not the one of the call.
static std::string resources_on(const std::string &unit, const std::string &resources) {
  if (unit.empty())
    return resources;
  const std::string rest = resources.size() > 2 ? "," + resources.substr(1) : "}";
  return fmt::format("{{\"unit\":{}{}", json_string(unit), rest);
}

/// A first run has ended; its start has been journaled, that of `next` is journaled with its end.
void session_run::probed(std::uint32_t variant, const trial_outcome &outcome,
                         const std::string &unit, std::string_view next) {
  trial_outcome known = outcome;
  if (outcome.status == trial_status::timed_out && probe_limit_s() < options_.timeout)
    known.reason += fmt::format(" ({:.0f} times the best first run, {})", soft_limit_times,
                                format_ns(best_probe_ns_));
  known.resources = resources_on(unit, outcome.resources);
  note(variant, known);
  if (unit.empty())
    trials_[variant].probe_at_ns =
        static_cast<double>(clock_.now_ns()) - 0.5 * trials_[variant].probe_ns;
  ++probes_;
  failed_probes_ += !trials_[variant].probed;
  static_cast<void>(store::tuning_store::instance().trials_finished(
      session_, {&trials_[variant].trial, 1}, next));
  log_trial(describe_trial(factory_, call_, trials_[variant].trial));
}

/// The default first, since everything is compared with it; then in the order of the search, whose
/// choice is random where it is free, so that a session cut short has seen an unbiased part of the
/// space. `start_s`: what it took to get the bench ready [s]. False when the budget ended it.
bool session_run::probe_all(trial_bench &bench, double start_s) {
  const std::vector<std::uint32_t> variants = searched();
  std::vector<const char *> configs;
  std::uint32_t start = 0;
  for (const std::uint32_t it : variants) {
    if (it == factory_.default_variant)
      start = static_cast<std::uint32_t>(configs.size());
    configs.push_back(factory_.configs[it]);
  }
  if (variants.empty())
    return true;
  const std::size_t most =
      options_.search == TL_SEARCH_EXHAUSTIVE
          ? variants.size()
          : std::min<std::size_t>(variants.size(), std::max(options_.search_count, 1u));
  measure::search search(static_cast<measure::strategy>(options_.search), most,
                         config_points(configs), start, session_.seed);
  std::vector<double> times(variants.size(), std::numeric_limits<double>::infinity());

  probe_hooks hooks;
  hooks.limit_s = [this] { return probe_limit_s(); };
  hooks.started = [this](std::uint32_t variant) {
    static_cast<void>(
        store::tuning_store::instance().trial_started(session_, factory_.configs[variant]));
  };
  hooks.ended = [&](std::uint32_t variant, const trial_outcome &outcome, const std::string &unit,
                    std::optional<std::uint32_t> next) {
    probed(variant, outcome, unit, next ? factory_.configs[*next] : std::string_view{});
    progress_.probing(probes_, static_cast<std::uint32_t>(most), best_probe_ns_, failed_probes_);
  };
  // Asked before the next start is journaled: a trial that was journaled and not run would look
  // lost.
  hooks.over = [this] { return over(1 - race_share); };
  hooks.default_ns = [this] {
    const entry &it = trials_[factory_.default_variant];
    return it.probed ? it.probe_ns : 0;
  };
  hooks.recruit = [&] { return recruit_helpers(backend_, bench, call_.device, cache_directory()); };
  probe_queue queue(bench, factory_.default_variant, start_s, std::move(hooks));
  std::size_t proposed = 0;
  while (true) {
    const std::vector<std::uint32_t> batch = search.next(times);
    if (batch.empty())
      return true;
    proposed += batch.size();
    std::vector<std::uint32_t> fresh;
    for (const std::uint32_t it : batch)
      if (!trials_[variants[it]].known)
        fresh.push_back(variants[it]);
    if (!queue.run(fresh, most - std::min(most, proposed)))
      return false;
    for (const std::uint32_t it : batch)
      if (trials_[variants[it]].probed)
        times[it] = trials_[variants[it]].probe_ns;
  }
}

/// The default is always probed first, and so pays for what only the first run of all pays.
void session_run::look_again(trial_bench &bench) {
  const double limit = measure::race_options{}.probe_limit * best_probe_ns_;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    entry &it = trials_[i];
    if (!it.probed || it.probe_ns <= limit ||
        (it.probe_ns >= second_look_below_ns && i != factory_.default_variant))
      continue;
    const sample_request request{i, 1};
    const timed_round taken = bench.round({&request, 1}, options_.timeout);
    if (taken.samples.size() == 1 && taken.samples[0].outcome.status == trial_status::measured) {
      it.probe_ns = std::min(it.probe_ns, taken.samples[0].outcome.time_ns);
      it.probe_at_ns = static_cast<double>(clock_.now_ns()) - 0.5 * it.probe_ns;
    }
  }
}

void session_run::note_race(const measure::race_result &raced, const bench_sampler &sampler) {
  std::vector<store::trial> finished;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    if (!trials_[i].probed)
      continue;
    const measure::standing &standing = raced.variants[i];
    store::trial &trial = trials_[i].trial;
    if (const auto failure = sampler.failures().find(i); failure != sampler.failures().end()) {
      trial.status = failure->second.status;
      trial.reason = failure->second.reason;
    } else if (standing.times_ns.empty()) {
      trial.status =
          standing.reason == measure::left_by::slow_probe ? store::trial_status::cut : trial.status;
      if (trial.status == store::trial_status::cut)
        trial.reason = fmt::format("first run {}, the best one {}", format_ns(trials_[i].probe_ns),
                                   format_ns(best_probe_ns_));
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
    }
    finished.push_back(trial);
    log_trial(describe_trial(factory_, call_, trial));
  }
  static_cast<void>(store::tuning_store::instance().trials_finished(session_, finished));
}

void session_run::race_all(trial_bench &bench, session_result &result) {
  std::vector<measure::entrant> entrants;
  double one_pass_ns = 0;
  for (const entry &it : trials_) {
    entrants.push_back(
        {it.probe_ns, it.probed ? std::string{} : "not in the race", it.probe_at_ns});
    one_pass_ns += it.probed ? it.probe_ns : 0;
  }
  measure::race_options options;
  options.default_variant = factory_.default_variant;
  options.seed = session_.seed;
  options.rep = options_.rep;
  options.warmup_ns = options_.warmup * 1e6;
  if (options_.budget > 0) {
    options.budget_ns = std::max(options_.budget - elapsed_s(), race_share * options_.budget) * 1e9;
    // A short session is better spent on samples than on waiting for the clock to settle.
    options.settle_ns = std::min(options.settle_ns, settle_share * options.budget_ns);
    options.warmup_ns = std::min(options.warmup_ns, options.settle_ns);
  }
  options.observer = [&](const measure::race_progress &now) {
    const std::uint32_t left = now.contenders + 1;
    double most_s = left * (options.rep * std::max(now.leader_ns, options.least_sample_ns) * 1e-9);
    if (options_.budget > 0)
      most_s = std::min(most_s, std::max(0.0, options_.budget - elapsed_s()));
    progress_.racing(left, now.leader_ns, now.confidence, most_s);
    return true;
  };
  bench_sampler sampler(bench, options_.timeout);
  const measure::race_result raced = measure::race(entrants, sampler, clock_, options);
  note_race(raced, sampler);
  if (!raced.found) {
    // Nothing was timed within the budget: what the caller wrote as the default is the best guess.
    const entry &fallback = trials_[factory_.default_variant];
    if (!over(1) || fallback.trial.status != store::trial_status::measured)
      return;
    result.winner.emplace().config = factory_.configs[factory_.default_variant];
    result.winner->median_ns = result.winner->default_median_ns = fallback.probe_ns;
    result.state = store::session_state::budget;
    return;
  }
  const auto median = [&](std::uint32_t i) { return trials_[i].trial.median_ns; };
  store::winner winner;
  winner.config = factory_.configs[raced.winner];
  winner.median_ns = median(raced.winner);
  if (trials_[factory_.default_variant].trial.status == store::trial_status::measured)
    winner.default_median_ns = median(factory_.default_variant);
  winner.reference_median_ns = bench.reference_ns();
  winner.confidence = raced.confidence;
  if (raced.runner_up != raced.winner) {
    winner.runner_up = factory_.configs[raced.runner_up];
    winner.margin = raced.runner_up_margin;
  }
  result.variant = raced.winner;
  result.winner = winner;
  result.passes = one_pass_ns > 0 ? raced.timed_ns / one_pass_ns : 0;
  // Only more time would help a session that its budget ended. One that has used up `rep` samples
  // on a noisy device is as good as it gets, and its confidence says how good that is.
  result.state =
      raced.finished || !over(1) ? store::session_state::finished : store::session_state::budget;
}

session_result session_run::fail(std::string why) {
  session_result result;
  result.variant = factory_.default_variant;
  result.failure = std::move(why);
  return finish(std::move(result));
}

session_result session_run::finish(session_result result) {
  result.carried_over = carried_over_;
  result.seconds = elapsed_s();
  std::uint32_t tried = 0;
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
  take_over_earlier_trials();
  rule_out_absent();
  if (const status asked = ask_eligible(); !asked)
    return fail(asked.text());
  std::string error;
  const tuning_task task{.factory = &factory_,
                         .call = &call_,
                         .options = options_,
                         .cold = cold_,
                         .in_process = options_.isolation == TL_ISOLATION_NONE,
                         .seed = session_.seed};
  const double opened_s = elapsed_s();
  const std::unique_ptr<trial_bench> bench = backend_.open(task, error);
  if (!bench)
    return fail("no trials are possible: " + error);
  if (const trial_outcome prepared = bench->prepare(); prepared.status != trial_status::measured)
    return fail("nothing to check the variants against: " + prepared.reason);
  const bool all_probed = probe_all(*bench, elapsed_s() - opened_s);
  look_again(*bench);
  session_result result;
  result.variant = factory_.default_variant;
  race_all(*bench, result);
  if (!all_probed)
    result.state = store::session_state::budget;
  result = finish(std::move(result));
  if (!result.winner) {
    result.state = all_probed ? store::session_state::abandoned : store::session_state::budget;
    result.failure = "no variant survived: " + summarise_failures(result.trials);
  }
  return result;
}

} // namespace

tl_options effective_options(const tl_factory &factory) {
  const controls &controls = environment();
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

session_result run_session(const tl_factory &factory, const tl_call &call, backend &on,
                           const store::session &session, const tl_options &options, bool cold) {
  return session_run(factory, call, on, session, options, cold).run();
}

} // namespace tl::rt
