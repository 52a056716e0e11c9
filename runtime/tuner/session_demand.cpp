// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A session of a factory most of whose variants are compiled on demand: batches are compiled while
// others have their first runs. Nothing is compiled any more when the race begins.

#include "runtime/tuner/session_impl.h"

#include "runtime/factory/registry.h"
#include "runtime/support/log.h"
#include "runtime/support/trial_log.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tl::rt {

/// Configs that the search is asked for at a time.
static constexpr std::size_t demand_batch = 16;
/// Longest sleep while nothing is there to be measured [s].
static constexpr double nap_s = 0.05;

static std::string cache_for_libraries(const world &in) {
  return in.environment.disable_cache ? std::string() : in.lock_directory;
}

bool session_run::grows() const { return may_grow(factory_); }

std::size_t session_run::demand_count() const {
  return options_.search == TL_SEARCH_EXHAUSTIVE ? demand_search::usual_count
                                                 : std::max(options_.search_count, 1u);
}

measure::strategy session_run::demand_strategy() const {
  return static_cast<measure::strategy>(options_.search);
}

/// What an earlier run of this session has measured is loaded, so that it counts. What it could not
/// compile is not compiled again.
void session_run::load_earlier() {
  if (!grows())
    return;
  if (!session_.finished.empty() || !session_.again.empty()) {
    demand::batch_compiler kept(factory_, cache_for_libraries(world_));
    for (const std::vector<store::trial> *const list : {&session_.finished, &session_.again})
      for (const store::trial &it : *list)
        if (it.status != store::trial_status::infeasible)
          static_cast<void>(kept.get(it.config, /*may_compile=*/false, 0));
  }
  grown_.variant_count = count_variants(factory_);
  trials_.resize(factory_.variant_count);
  for (const store::trial &it : session_.finished)
    if (it.status == store::trial_status::infeasible &&
        find_variant(factory_, it.config) == UINT32_MAX) {
      not_made_.push_back(it);
      ++carried_over_;
    }
}

/// There are more variants now; those that nobody asked for here are not wanted here.
void session_run::grow() {
  const std::uint32_t before = factory_.variant_count;
  grown_.variant_count = count_variants(factory_);
  trials_.resize(factory_.variant_count);
  for (std::uint32_t i = before; i < factory_.variant_count; ++i) {
    trials_[i].wanted = false;
    trials_[i].trial.config = factory_.configs[i];
  }
}

void session_run::say_why_not(const demand::batch_compiler &compiler, bool at_start) const {
  warn_once(fmt::format("on-demand {} {}", factory_.id, compiler.why_not()),
            fmt::format("{}: no variants are compiled{}: {}; the session makes do with those that "
                        "are there",
                        factory_.name, at_start ? "" : " any more", compiler.why_not()));
}

/// Those that are there take part from now on; the others are trials with the compiler's message.
std::vector<std::uint32_t>
session_run::take_in(std::vector<demand::made_variant> made, demand_search &search,
                     std::map<std::uint32_t, std::uint64_t> &combinations) {
  std::vector<std::uint32_t> fresh;
  std::vector<store::trial> failed;
  grow();
  const demand::combinations space(factory_);
  for (demand::made_variant &it : made) {
    if (it.unknown)
      continue;
    if (it.variant < factory_.variant_count) {
      entry &mine = trials_[it.variant];
      combinations[it.variant] = it.combination;
      if (mine.known || mine.trial.status == store::trial_status::not_eligible)
        continue;
      mine.wanted = true;
      fresh.push_back(it.variant);
      continue;
    }
    store::trial trial;
    trial.config = space.text(it.combination);
    trial.status = store::trial_status::infeasible;
    trial.reason = std::move(it.reason);
    search.learn(it.combination, std::numeric_limits<double>::infinity());
    log_trial(describe_trial(factory_, call_, trial));
    failed.push_back(trial);
    not_made_.push_back(std::move(trial));
  }
  if (!failed.empty())
    static_cast<void>(world_.store.trials_finished(session_, failed));
  return fresh;
}

/// The default first, and what was compiled ahead of time. False when the budget ended it.
bool session_run::probe_on_demand(probe_queue &queue, trial_bench &bench) {
  const demand::combinations space(factory_, eligible_combinations(factory_, call_.arguments));
  std::vector<std::uint64_t> known;
  for (const store::trial &it : not_made_)
    if (const auto combination = space.find(it.config))
      known.push_back(*combination);
  // What has ended a whole process is not tried again.
  for (const store::trial &it : session_.lost)
    if (const auto combination = space.find(it.config))
      known.push_back(*combination);
  std::map<std::uint32_t, std::uint64_t> combinations; // of variants that are there
  std::vector<std::uint32_t> ahead;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    const auto combination = space.find(factory_.configs[i]);
    if (combination)
      combinations[i] = *combination;
    // Variants that another session of this process had compiled wait until the search wants them.
    const bool compiled_ahead = i < built_;
    if (!compiled_ahead && !trials_[i].known && !trials_[i].again)
      trials_[i].wanted = false;
    else if (combination)
      known.push_back(*combination);
    if (trials_[i].wanted && !trials_[i].known && !trials_[i].again)
      ahead.push_back(i);
  }
  demand_search search(space, demand_strategy(), demand_count(), std::move(known), session_.seed);
  const auto learn = [&] {
    for (const auto &[variant, combination] : combinations)
      if (trials_[variant].known)
        search.learn(combination, trials_[variant].probed
                                      ? trials_[variant].probe_ns
                                      : std::numeric_limits<double>::infinity());
  };
  const auto first = std::ranges::find(ahead, factory_.default_variant);
  if (first != ahead.end())
    std::rotate(ahead.begin(), first, first + 1);
  if (!run_queue(queue, to_try_again(), demand_count()) || !run_queue(queue, ahead, demand_count()))
    return false;
  learn();

  demand::batch_compiler compiler(factory_, cache_for_libraries(world_));
  bool told = !compiler.why_not().empty();
  if (told) {
    say_why_not(compiler, true);
    std::vector<std::uint64_t> kept = compiler.kept();
    std::erase_if(kept, [&](std::uint64_t it) { return !space.admits(it); });
    compiler.add(kept);
  } else if (!compiler.why_not_kept().empty()) {
    warn_once(compiler.why_not_kept(),
              fmt::format("variants that are compiled on demand are not kept: {}",
                          compiler.why_not_kept()));
  }
  while (true) {
    if (budget_.over(1 - race_share))
      return false;
    while (!told && compiler.pending() < 2 * demand_batch) {
      const std::vector<std::uint64_t> batch = search.propose(demand_batch);
      if (batch.empty())
        break;
      compiler.add(batch);
    }
    std::vector<demand::made_variant> made = compiler.take();
    if (!told && !compiler.why_not().empty()) {
      say_why_not(compiler, false);
      told = true;
      not_compiled_now_ = compiler.may_pass();
    }
    if (made.empty()) {
      if (compiler.pending() == 0) {
        demand::collect_libraries(cache_for_libraries(world_), demand::most_library_bytes);
        return true;
      }
      compiler.wait(nap_s);
      continue;
    }
    const std::vector<std::uint32_t> fresh = take_in(std::move(made), search, combinations);
    if (!fresh.empty()) {
      bench.grown();
      compiling_ = &compiler;
      const bool all =
          run_queue(queue, fresh, demand_count() - std::min(demand_count(), search.proposed()));
      compiling_ = nullptr;
      if (!all)
        return false;
    }
    learn();
  }
}

} // namespace tl::rt
