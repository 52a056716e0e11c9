// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "recorded.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace tl::tool {

using namespace rt::store;

double recorded_problem::loss(const std::string &config) const {
  const auto found = tuned.time_ns.find(config);
  if (found == tuned.time_ns.end())
    return std::numeric_limits<double>::quiet_NaN();
  return std::max(0.0, found->second / tuned.time_ns.at(winner) - 1);
}

namespace {
using problem_key = std::tuple<std::string, measure_mode, std::string>;
struct gathered {
  factory_record factory;
  std::map<problem_key, recorded_problem> problems;
};
using gathered_factories = std::map<std::tuple<std::string, std::string, std::uint32_t>, gathered>;
} // namespace

static recorded_problem &problem_of(gathered_factories &all, const factory_record &factory,
                                    const device_record &device, measure_mode mode,
                                    const std::string &problem) {
  gathered &of = all[{factory.id, factory.fingerprint, factory.abi}];
  of.factory = factory;
  recorded_problem &it = of.problems[{device.identity, mode, problem}];
  it.tuned.device = device.identity;
  it.tuned.mode = mode;
  it.tuned.problem = problem;
  it.tuned.default_config = factory.default_config;
  return it;
}

/// A winner that came without its trials, and what it says of two other configs.
static void add_winner(recorded_problem &to, const winner &best) {
  const auto add = [&](const std::string &config, double ns) {
    if (!config.empty() && ns > 0)
      to.tuned.time_ns.emplace(config, ns);
  };
  to.winner = best.config;
  add(best.config, best.median_ns);
  add(to.tuned.default_config, best.default_median_ns);
  add(best.runner_up, best.median_ns * (1 + best.margin));
}

/// Fastest config that works, "" when none does.
static std::string fastest(const rt::tuned_problem &problem) {
  const auto found =
      std::min_element(problem.time_ns.begin(), problem.time_ns.end(),
                       [](const auto &a, const auto &b) { return a.second < b.second; });
  return found != problem.time_ns.end() && std::isfinite(found->second) ? found->first : "";
}

static recorded_factory finish(gathered &&from) {
  recorded_factory made;
  made.factory = std::move(from.factory);
  if (!made.factory.default_config.empty())
    made.configs.insert(made.factory.default_config);
  for (auto &[key, it] : from.problems) {
    for (const auto &[config, ns] : it.tuned.time_ns)
      made.configs.insert(config);
    // A later session may have found that the installed winner fails.
    const auto installed = it.tuned.time_ns.find(it.winner);
    if (installed == it.tuned.time_ns.end() || !std::isfinite(installed->second))
      it.winner = fastest(it.tuned);
    if (!it.winner.empty())
      made.problems.push_back(std::move(it));
  }
  return made;
}

std::vector<recorded_factory> recorded_factories(tuning_store &store, const filter &filter) {
  const auto stale =
      filter.stale ? std::set<std::pair<std::string, std::string>>() : stale_factories(store);
  const auto wanted = [&](const factory_record &it) {
    return !stale.contains({it.id, it.fingerprint});
  };
  gathered_factories all;
  rt::status why;
  const std::vector<session_bundle> sessions = store.list_sessions(filter, &why);
  require(why);
  for (const session_bundle &s : sessions) { // oldest first: of two times the newer one stays
    if (!wanted(s.factory))
      continue;
    rt::add_trials(problem_of(all, s.factory, s.device, s.mode, s.problem).tuned,
                   store.list_trials(s.session.id, &why));
    require(why);
  }
  const std::vector<listed_winner> winners = store.list_winners(filter, &why);
  require(why);
  for (const listed_winner &w : winners)
    if (wanted(w.factory))
      add_winner(problem_of(all, w.factory, w.device, w.key.mode, w.key.problem), w.best);
  std::vector<recorded_factory> result;
  for (auto &[key, it] : all)
    if (recorded_factory made = finish(std::move(it)); !made.problems.empty())
      result.push_back(std::move(made));
  std::stable_sort(result.begin(), result.end(),
                   [](const auto &a, const auto &b) { return a.factory.name < b.factory.name; });
  return result;
}

} // namespace tl::tool
