// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "race_session.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tl::rt::measure {

/// How much slower than the winner a variant is [ln], by what the winner was chosen by. Who had no
/// window of its own is placed by the leader's.
contrast race_session::behind(std::uint32_t v) const {
  if (!result_.sustained)
    return ranking_.compare(v, result_.winner);
  const double alone_ns = result_.variants[result_.winner].sustained_ns;
  if (const double ns = result_.variants[v].sustained_ns; ns > 0)
    return {std::log(ns / alone_ns), window_error_[v]};
  const std::uint32_t leader = ranking_.leader();
  const double leader_ns = result_.variants[leader].sustained_ns;
  if (!(leader_ns > 0))
    return ranking_.compare(v, result_.winner);
  contrast placed = ranking_.compare(v, leader);
  placed.difference += std::log(leader_ns / alone_ns);
  return placed;
}

void race_session::conclude() {
  std::vector<std::vector<double>> times(count_);
  for (const recorded_sample &s : result_.samples)
    times[s.variant].push_back(s.time_ns);
  const std::uint32_t winner = result_.winner;
  result_.found = winner < count_ && racing_[winner] && samples_[winner] > 0;
  const bool fitted = looked_ && result_.found && ranking_.has(winner);
  double next = std::numeric_limits<double>::infinity();
  result_.runner_up = winner;
  for (std::uint32_t v = 0; v < count_; ++v) {
    standing &s = result_.variants[v];
    if (!times[v].empty()) {
      s.median_ns = median(times[v]);
      s.spread = robust_deviation(times[v]) / s.median_ns;
      if (racing_[v])
        s.reason = left_by::beaten;
    } else if (racing_[v] && entrants_[v].probe_ns > 0 && looked_) {
      s.reason = left_by::slow_probe;
    }
    s.times_ns = std::move(times[v]);
    if (!fitted || !racing_[v] || !ranking_.has(v) || s.times_ns.empty())
      continue;
    const contrast c = behind(v);
    s.margin = std::expm1(c.difference);
    s.margin_error = c.deviation;
    s.compared = true;
    if (v != winner && c.difference < next) {
      next = c.difference;
      result_.runner_up = v;
      result_.runner_up_margin = s.margin;
    }
  }
  if (result_.found)
    result_.variants[winner].reason = left_by::won;
  if (looked_) {
    if (result_.found)
      result_.confidence =
          std::clamp(1 - (winner == ranking_.leader()
                              ? ranking_.doubt()
                              : std::max(ranking_.doubt(), ranking_.doubt_about(winner))),
                     0.0, 1.0);
    if (result_.found && result_.sustained)
      result_.confidence = std::clamp(1 - sustained_doubt_, 0.0, 1.0);
    result_.noise = ranking_.noise().noise;
    result_.drift = std::sqrt(ranking_.noise().drift.rate);
  }
  result_.wall_ns = static_cast<double>(time_.now_ns() - begin_ns_);
}

} // namespace tl::rt::measure
