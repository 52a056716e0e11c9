// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One problem that all ranks of a job settle together. Each exchange is one all-gather, and what
// follows from it is computed from everybody's bytes alone, so that all ranks come to the same:
//
//   1. what is known    the stored winner, or whether the rank may tune. Where nobody has one, all
//                       tune, those too that might have found one later
//   2. measurements     (after tuning) the time of each variant that was right. A job is as fast as
//                       its slowest rank: the config wins whose slowest time is the least
//   3. whether it fits  each rank has the config proven for its own call; one that has not brings
//                       everybody back to the default config

#include "runtime/support/log.h"
#include "runtime/tuner/rank_group.h"
#include "runtime/tuner/resolve_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace tl::rt {
namespace {

/// A message is a list of texts. None of them holds this.
constexpr char separator = '\0';

std::string join(const std::vector<std::string> &parts) {
  std::string text;
  for (const std::string &it : parts) {
    text += it;
    text += separator;
  }
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

double number_of(const std::string &text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Each config's slowest time, of those that all have who have any.
using times = std::map<std::string, double>;

times common_times(const std::vector<times> &of_ranks) {
  times common;
  bool first = true;
  for (const times &it : of_ranks) {
    if (it.empty())
      continue;
    if (std::exchange(first, false)) {
      common = it;
      continue;
    }
    std::erase_if(common, [&](const auto &entry) { return !it.contains(entry.first); });
    for (auto &[config, slowest] : common)
      slowest = std::max(slowest, it.at(config));
  }
  return common;
}

/// The config with the least time; of equal ones the first by its text. "" where there is none.
std::string fastest(const times &of) {
  const auto best =
      std::ranges::min_element(of, {}, [](const auto &entry) { return entry.second; });
  return best == of.end() ? std::string() : best->first;
}

} // namespace

/// Whether the ranks of a job settle this call together.
bool resolution::agrees() const { return world_.ranks && world_.ranks->is_set() && !nested_; }

/// One exchange about this problem: the texts of each rank behind what says which problem and which
/// exchange it is. Empty, with `why`, where ranks are not at the same.
std::vector<std::vector<std::string>> resolution::exchange_with_ranks(const char *step,
                                                                      std::vector<std::string> mine,
                                                                      std::string &why) const {
  const store::winner_key of = request_.key();
  const std::string problem = fmt::format("{} {}\n{}\n{}\n{}\n{}", step, of.factory, of.fingerprint,
                                          of.abi, to_string(of.mode), of.problem);
  mine.insert(mine.begin(), problem);
  std::vector<std::vector<std::string>> all;
  for (const std::string &it : world_.ranks->exchange(join(mine), why)) {
    std::vector<std::string> parts = split(it);
    if (parts.empty() || parts.front() != problem) {
      why = "ranks have called different problems at the same time";
      return {};
    }
    parts.erase(parts.begin());
    all.push_back(std::move(parts));
  }
  return all;
}

/// Whether a config is proven for this call, if need be by a run.
bool resolution::fits_here(std::uint32_t variant) {
  if (variant == factory_.default_variant)
    return true;
  if (!reading_)
    return false;
  const known_variants of(world_.store, factory_, request_.key(), variant);
  for (const installed_variant &it : of.installed())
    if (it.variant == variant && !it.unproven &&
        (it.always || covers(it.proven, reading_->found(), shape_of(reading_->plan()))))
      return true;
  return may_prove() && is_right_here(variant);
}

/// What all ranks run for this problem.
std::uint32_t resolution::agree() {
  const bool may_tune = world_.environment.tune == tune_mode::on && factory_.tunable != 0;
  std::string why;
  const auto give_up = [&] {
    return install_default(fmt::format("the ranks of this job do not agree: {}", why));
  };

  auto own = stored(!may_tune);
  if (!own)
    own = fleet_winner();
  std::string config = own ? factory_.configs[*own] : "";
  double own_ns = 0;
  if (own)
    if (const auto known = world_.store.lookup(request_.key()))
      own_ns = known->median_ns;
  const auto known = exchange_with_ranks(
      "known", {config, fmt::format("{:.17g}", own_ns), may_tune ? "may tune" : ""}, why);
  if (known.empty())
    return give_up();
  times offered;
  bool all_may_tune = true;
  for (const std::vector<std::string> &it : known) {
    if (it.size() != 3) {
      why = "ranks are of different versions";
      return give_up();
    }
    if (!it[0].empty()) {
      double &slowest = offered[it[0]];
      slowest = std::max(slowest, number_of(it[1]));
    }
    all_may_tune = all_may_tune && !it[2].empty();
  }

  std::string chosen = fastest(offered);
  times measured;
  std::vector<store::trial> trials;
  if (chosen.empty()) {
    if (!all_may_tune) {
      why = "no rank has a stored winner, and not all may tune";
      return give_up();
    }
    const found_variant found = find_by_tuning(tuned_for::call);
    trials.assign(found.trials().begin(), found.trials().end());
    for (const store::trial &it : trials)
      if (it.status == store::trial_status::measured && it.median_ns > 0)
        measured[it.config] = it.median_ns;
    std::vector<std::string> mine;
    for (const auto &[text, ns] : measured) {
      mine.push_back(text);
      mine.push_back(fmt::format("{:.17g}", ns));
    }
    // Who took another process's winner has measured nothing, and goes by what others have.
    if (measured.empty() && found.variant != UINT32_MAX)
      mine = {factory_.configs[found.variant]};
    const auto all = exchange_with_ranks("measured", std::move(mine), why);
    if (all.empty())
      return give_up();
    std::vector<times> of_ranks(all.size());
    times taken_over;
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      if (all[rank].size() == 1)
        taken_over[all[rank][0]] = 0;
      for (std::size_t i = 0; i + 1 < all[rank].size(); i += 2)
        of_ranks[rank][all[rank][i]] = number_of(all[rank][i + 1]);
    }
    chosen = fastest(common_times(of_ranks));
    if (chosen.empty())
      chosen = fastest(taken_over);
  }

  std::uint32_t variant = chosen.empty() ? UINT32_MAX : find_or_make_present(chosen);
  const bool good = variant != UINT32_MAX && fits_here(variant);
  const auto fitting = exchange_with_ranks("fits", {good ? "yes" : "no"}, why);
  if (fitting.empty())
    return give_up();
  if (!std::ranges::all_of(fitting,
                           [](const auto &it) { return it.size() == 1 && it[0] == "yes"; })) {
    why = chosen.empty() ? "no config was right on all of them"
                         : fmt::format("{} is not right on all of them", chosen);
    return give_up();
  }
  log_info(fmt::format("{}: {}, as all {} ranks", what(), chosen, fitting.size()));
  // Kept, so that the next start has nothing to tune.
  if (const auto now = world_.store.lookup(request_.key()); !now || now->config != chosen) {
    store::winner agreed;
    if (now)
      agreed.default_median_ns = now->default_median_ns;
    agreed.config = chosen;
    agreed.state = store::winner_state::final;
    if (const auto here = measured.find(chosen); here != measured.end())
      agreed.median_ns = here->second;
    else if (const auto there = offered.find(chosen); there != offered.end())
      agreed.median_ns = there->second;
    static_cast<void>(world_.store.install(request_, agreed, store::install_policy::always));
  }
  return use_winner(variant, trials);
}

} // namespace tl::rt
