// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/experience.h"

#include "runtime/tuner/nearest.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace tl::rt {

/// What failed elsewhere counts as this much slower than the best [ln].
static constexpr double failed_elsewhere = 2;
/// How much less another device counts.
static constexpr double other_device = 0.25;
/// ... and how much farther away it is when the nearest ones are chosen.
static constexpr double far_device = 1000;

/// A time counts as this many medians at most.
static constexpr double longest_believed = 2;

double tuned_problem::best_ns() const {
  if (well_sampled_ns > 0)
    return well_sampled_ns;
  double best = std::numeric_limits<double>::infinity();
  for (const auto &[config, ns] : time_ns)
    best = std::min(best, ns);
  return best;
}

double tuned_problem::regret(const std::string &config) const {
  const auto found = time_ns.find(config);
  return found == time_ns.end() ? std::numeric_limits<double>::quiet_NaN()
                                : std::max(0.0, std::log(found->second / best_ns()));
}

/// What a call takes in the mean, which is what users pay: times of a short kernel come in two or
/// more heaps, and the median is in the one or in the other by chance. What disturbed the machine
/// counts as the longest that is believed.
static double mean_time_ns(const store::trial &it) {
  if (it.samples_ns.empty())
    return it.median_ns;
  double sum = 0;
  for (const double ns : it.samples_ns)
    sum += std::min(ns, longest_believed * it.median_ns);
  return sum / static_cast<double>(it.samples_ns.size());
}

/// Of a session's trials. Where kernels are short, chance makes the fastest of many that were
/// sampled once or twice.
static double best_of_well_sampled(std::span<const store::trial> trials) {
  std::size_t most = 0;
  for (const store::trial &it : trials)
    if (it.status == store::trial_status::measured)
      most = std::max(most, it.samples_ns.size());
  double best = 0;
  for (const store::trial &it : trials)
    if (it.status == store::trial_status::measured && it.median_ns > 0 &&
        2 * it.samples_ns.size() >= most && (best == 0 || mean_time_ns(it) < best))
      best = mean_time_ns(it);
  return best;
}

/// Whether the trial says how fast its config is, or that it does not work.
static bool tells(const store::trial &it) {
  using enum store::trial_status;
  if (it.status == measured || it.status == cut)
    return it.median_ns > 0;
  return it.status != running && it.status != lost && it.status != not_eligible &&
         it.status != harness_error;
}

void add_trials(tuned_problem &to, std::span<const store::trial> trials) {
  if (const double best = best_of_well_sampled(trials); best > 0)
    to.well_sampled_ns = best;
  for (const store::trial &it : trials) {
    if (tells(it))
      to.time_ns[it.config] =
          it.status == store::trial_status::measured || it.status == store::trial_status::cut
              ? mean_time_ns(it)
              : std::numeric_limits<double>::infinity();
    if (const auto grid = largest_grid(it.resources))
      to.grids[it.config] = *grid;
  }
}

std::vector<tuned_problem> gather_experience(store::tuning_store &from,
                                             const store::winner_key &key, std::size_t most) {
  struct near_problem {
    double distance;
    std::vector<std::int64_t> sessions;
    tuned_problem it;
  };
  std::map<std::tuple<std::string, store::measure_mode, std::string>, near_problem> all;
  for (const store::session_bundle &it :
       from.list_sessions({.factory = key.factory, .fingerprint = key.fingerprint})) {
    const bool same_device = it.device.identity == key.device && it.mode == key.mode;
    const double distance = problem_distance(it.problem, key.problem);
    if (std::isinf(distance) || (same_device && it.problem == key.problem))
      continue;
    near_problem &to = all[{it.device.identity, it.mode, it.problem}];
    to.distance = distance + (same_device ? 0 : far_device);
    to.sessions.push_back(it.session.id);
    to.it.device = it.device.identity;
    to.it.mode = it.mode;
    to.it.problem = it.problem;
    to.it.default_config = it.factory.default_config;
  }
  std::vector<near_problem *> order;
  for (auto &[which, it] : all)
    order.push_back(&it);
  std::stable_sort(order.begin(), order.end(), [](const near_problem *a, const near_problem *b) {
    return a->distance < b->distance;
  });
  order.resize(std::min(order.size(), most));
  std::vector<tuned_problem> problems;
  for (near_problem *near : order) {
    // Oldest first, so that the newest figure stays.
    for (const std::int64_t session : near->sessions)
      add_trials(near->it, from.list_trials(session));
    if (std::isfinite(near->it.best_ns()))
      problems.push_back(std::move(near->it));
  }
  return problems;
}

std::vector<double> times_elsewhere(std::span<const tuned_problem> experience,
                                    const store::winner_key &key,
                                    std::span<const char *const> configs) {
  std::vector<double> sum(configs.size(), 0.0), weight(configs.size(), 0.0);
  bool any = false;
  for (const tuned_problem &it : experience) {
    const bool same_device = it.device == key.device && it.mode == key.mode;
    if (same_device && it.problem == key.problem)
      continue;
    const double distance = problem_distance(it.problem, key.problem);
    if (std::isinf(distance))
      continue;
    const double counts = (same_device ? 1 : other_device) / (1 + distance);
    for (std::size_t i = 0; i < configs.size(); ++i)
      if (const double off = it.regret(configs[i]); !std::isnan(off)) {
        sum[i] += counts * std::min(off, failed_elsewhere);
        weight[i] += counts;
        any = true;
      }
  }
  if (!any)
    return {};
  for (std::size_t i = 0; i < configs.size(); ++i)
    sum[i] = weight[i] > 0 ? sum[i] / weight[i] : std::numeric_limits<double>::quiet_NaN();
  return sum;
}

} // namespace tl::rt
