// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/session_impl.h"

#include "runtime/support/json_text.h"
#include "runtime/support/log.h"
#include "runtime/support/trial_log.h"
#include "runtime/tuner/config_points.h"
#include "runtime/tuner/experience.h"
#include "runtime/tuner/prediction.h"
#include "runtime/tuner/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace tl::rt {

/// A first run is killed when it takes this many times the best first run so far ...
static constexpr double soft_limit_times = 10;
/// ... but never before this, since a first run also loads code and touches memory [s].
static constexpr double soft_limit_least_s = 0.25;
/// A first run above the race's limit is run again, where that takes less than this, or where all
/// such runs together take less than so much, or than this share of all first runs: starting
/// threads, touching memory and making tables takes time once, whatever the variant [ns].
static constexpr double second_look_below_ns = 20e6, second_looks_ns = 1e9,
                        second_looks_share = 0.5;
/// Tuned problems that a search is told of at most, the nearest ones, and how many configs that are
/// predicted to be good it starts with.
static constexpr std::size_t most_experience = 48, most_promising = 4;
/// First runs are announced that end within this time [s], and no more than so many.
static constexpr double announced_s = 0.1, most_announced = 32;

/// Time that the next first run may take [s].
double session_run::probe_limit_s() const {
  const double most_s = std::min(options_.timeout, budget_.stop_in_s());
  if (best_probe_ns_ <= 0)
    return most_s;
  // What would end within the time that a new worker takes is cheaper let end.
  return std::min(most_s, std::max({soft_limit_least_s, kill_cost_s_,
                                    soft_limit_times * best_probe_ns_ * 1e-9}));
}

/// Variants may be probed when they are eligible and were not lost with an earlier worker.
std::vector<std::uint32_t> session_run::searched() const {
  std::vector<std::uint32_t> variants;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    if (trials_[i].wanted)
      variants.push_back(i);
  return variants;
}

/// A variant is innocent of the budget's end, once. One that runs into it again, although it was
/// the first of its run, takes longer than the budget allows.
void session_run::judge_stopped(std::uint32_t variant, verdict &outcome) const {
  // A worker that had to be started anew for it may have been stopped, too.
  const bool stopped =
      outcome.failure == trial_status::timed_out || outcome.failure == trial_status::harness_error;
  if (!stopped || !budget_.stops_now())
    return;
  const entry &it = trials_[variant];
  if (!it.again || it.trial.status != trial_status::stopped || probes_ > 0) {
    outcome.failure = trial_status::stopped;
    outcome.reason = "was running when the budget ended; it is tried again";
    return;
  }
  outcome.failure = trial_status::timed_out;
  outcome.reason =
      fmt::format("the budget of {:g} s ended in its first run, twice", budget_.seconds());
}

void session_run::note(std::uint32_t variant, const verdict &outcome) {
  entry &it = trials_[variant];
  it.trial.status = outcome.status();
  it.trial.reason = outcome.reason;
  it.trial.median_ns = outcome.time_ns;
  if (!outcome.resources.empty())
    it.trial.resources = outcome.resources;
  it.probed = outcome.right();
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

/// Before the first instruction of `next`. Others are announced with it, as many as are going to
/// run before the database has to be written anyway. Not those that were running when the program
/// was killed: of them it has to be known which one it was, also when the machine goes down.
void session_run::journal(std::span<const store::trial> ended, std::optional<std::uint32_t> next) {
  std::vector<std::string_view> soon;
  if (next) {
    std::erase(queued_, *next);
    if (probes_ == 0)
      first_started_s_ = budget_.elapsed_s();
    const double spent_s = budget_.elapsed_s() - first_started_s_;
    const double each_s = std::max(spent_s / std::max(probes_, 1u), announced_s / most_announced);
    const auto most = static_cast<std::size_t>(probes_ == 0 ? 0 : announced_s / each_s);
    for (const std::uint32_t it : queued_)
      if (soon.size() < most && !trials_[it].again)
        soon.emplace_back(factory_.configs[it]);
  }
  static_cast<void>(world_.store.note_trials(
      session_, ended, next ? factory_.configs[*next] : std::string_view{}, soon));
}

/// A first run has ended; its start has been journaled, that of `next` is journaled with its end.
void session_run::probed(std::uint32_t variant, const verdict &outcome, const std::string &unit,
                         std::optional<std::uint32_t> next) {
  verdict known = outcome;
  judge_stopped(variant, known);
  if (known.failure == trial_status::timed_out && !budget_.stops_now() &&
      probe_limit_s() < options_.timeout)
    known.reason += fmt::format(" ({:.0f} times the best first run, {})", soft_limit_times,
                                format_ns(best_probe_ns_));
  known.resources = resources_on(unit, outcome.resources);
  note(variant, known);
  trials_[variant].known = true;
  if (unit.empty())
    trials_[variant].probe_at_ns =
        static_cast<double>(world_.clock.now_ns()) - 0.5 * trials_[variant].probe_ns;
  ++probes_;
  failed_probes_ += !trials_[variant].probed;
  journal({&trials_[variant].trial, 1}, next);
  log_trial(describe_trial(factory_, call_, trials_[variant].trial));
}

/// The configs, with what other problems and devices say about them.
measure::search_space session_run::known_space(const std::vector<const char *> &configs,
                                               std::uint32_t start) const {
  measure::search_space space{config_points(configs), start, {}, {}};
  const std::vector<tuned_problem> experience =
      gather_experience(world_.store, session_.key, most_experience);
  space.elsewhere = times_elsewhere(experience, session_.key, configs);
  for (const std::string &it : predict_from(experience, session_.key).ranked(session_.key.problem))
    if (const auto at = std::find(configs.begin(), configs.end(), it);
        at != configs.end() && space.promising.size() < most_promising)
      space.promising.push_back(static_cast<std::uint32_t>(at - configs.begin()));
  return space;
}

/// Configs that a model is asked for at a time: fewer make it learn sooner, more make it cheaper.
static std::size_t model_batch(std::size_t count) {
  return std::clamp<std::size_t>(count / 16, 8, 32);
}

/// What the queue asks while it runs; `most`: how many first runs there may be.
probe_hooks session_run::make_hooks(trial_bench &bench, std::uint32_t most) {
  probe_hooks hooks;
  hooks.limit_s = [this] { return probe_limit_s(); };
  hooks.started = [this](std::uint32_t variant) { journal({}, variant); };
  hooks.ended = [this, most](std::uint32_t variant, const verdict &outcome, const std::string &unit,
                             std::optional<std::uint32_t> next) {
    probed(variant, outcome, unit, next);
    progress_.probing(probes_, most, best_probe_ns_, failed_probes_);
    if (compiling_)
      compiling_->poll();
    if (device_code_)
      device_code_->poll();
  };
  // Asked before the next start is journaled: a trial that was journaled and not run would look
  // lost.
  hooks.over = [this] { return budget_.over(1 - race_share); };
  hooks.default_ns = [this] {
    const entry &it = trials_[factory_.default_variant];
    return it.probed ? it.probe_ns : 0;
  };
  hooks.recruit = [this, &bench] {
    return recruit_helpers(backend_, bench, call_.device, world_.lock_directory);
  };
  return hooks;
}

/// Those that an earlier run did not come to the end of; the default before them where it is not
/// known, since everything is compared with it.
std::vector<std::uint32_t> session_run::to_try_again() const {
  std::vector<std::uint32_t> first;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    if (trials_[i].again && trials_[i].wanted && i != factory_.default_variant)
      first.push_back(i);
  const entry &usual = trials_[factory_.default_variant];
  if (!first.empty() && usual.wanted && !usual.known)
    first.insert(first.begin(), factory_.default_variant);
  return first;
}

bool session_run::run_queue(probe_queue &queue, const std::vector<std::uint32_t> &variants,
                            std::size_t later) {
  queued_ = variants;
  const bool all = queue.run(variants, later);
  queued_.clear();
  return all;
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
  const auto known = [&](std::uint32_t it) { return trials_[it].known; };
  // What is begun when the budget is over would be stopped at once. One that grows has others.
  if ((variants.empty() && !grows()) || budget_.over())
    return std::all_of(variants.begin(), variants.end(), known);
  const std::size_t most =
      grows() ? demand_count()
      : options_.search == TL_SEARCH_EXHAUSTIVE
          ? variants.size()
          : std::min<std::size_t>(variants.size(), std::max(options_.search_count, 1u));
  if (grows()) {
    probe_queue queue(bench, factory_.default_variant, start_s,
                      make_hooks(bench, static_cast<std::uint32_t>(most)));
    return probe_on_demand(queue, bench);
  }
  measure::search_space space = known_space(configs, start);
  for (const std::uint32_t it : space.promising)
    trials_[variants[it]].promising = true;
  measure::search search(static_cast<measure::strategy>(options_.search), most, std::move(space),
                         session_.seed);

  probe_queue queue(bench, factory_.default_variant, start_s,
                    make_hooks(bench, static_cast<std::uint32_t>(most)));
  if (!begin_device_code() || !run_as_compiled(queue, to_try_again(), most))
    return false;
  std::size_t proposed = 0;
  while (true) {
    const std::vector<std::uint32_t> batch = search.propose(model_batch(most));
    if (batch.empty())
      return true;
    proposed += batch.size();
    std::vector<std::uint32_t> fresh;
    for (const std::uint32_t it : batch)
      if (!trials_[variants[it]].known)
        fresh.push_back(variants[it]);
    if (!run_as_compiled(queue, fresh, most - std::min(most, proposed)))
      return false;
    for (const std::uint32_t it : batch)
      search.learn(it, trials_[variants[it]].probed ? trials_[variants[it]].probe_ns
                                                    : std::numeric_limits<double>::infinity());
  }
}

/// The default is always probed first, and so pays for what only the first run of all pays.
void session_run::look_again(trial_bench &bench) {
  const double limit = measure::race_options{}.probe_limit * best_probe_ns_;
  std::vector<std::uint32_t> order;
  double all_ns = 0, spent_ns = 0;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    const entry &it = trials_[i];
    all_ns += it.probed ? it.probe_ns : 0;
    if (it.probed && it.probe_ns > limit)
      order.push_back(i);
  }
  // The shortest first: the budget for the others is what it is.
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return trials_[a].probe_ns < trials_[b].probe_ns;
  });
  const double most_ns = std::max(second_looks_ns, second_looks_share * all_ns);
  for (const std::uint32_t i : order) {
    entry &it = trials_[i];
    if (budget_.over(1 - race_share))
      return;
    // A worker that has not run it yet does so once, untimed.
    if (2 * it.probe_ns * 1e-9 > budget_.left_s())
      return;
    if (it.probe_ns >= second_look_below_ns && i != factory_.default_variant &&
        spent_ns + it.probe_ns > most_ns)
      continue;
    spent_ns += it.probe_ns;
    const sample_request request{i, 1};
    const timed_round taken =
        bench.round({&request, 1}, std::min(options_.timeout, budget_.stop_in_s()));
    if (taken.samples.size() == 1 && taken.samples[0].outcome.right()) {
      it.probe_ns = std::min(it.probe_ns, taken.samples[0].outcome.time_ns);
      it.probe_at_ns = static_cast<double>(world_.clock.now_ns()) - 0.5 * it.probe_ns;
    }
  }
}

} // namespace tl::rt
