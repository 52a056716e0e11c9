// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "race_session.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tl::rt::measure {

/// A round is handed to the sampler in pieces of about this length, so that budget, clock and
/// observer are looked at in between [ns].
static constexpr double piece_ns = 250e6;
/// Rests after a throttled round [ns].
static constexpr std::int64_t first_rest_ns = 50'000'000, longest_rest_ns = 500'000'000;
/// After this many throttled rounds in a row, the low clock is what this device does now.
static constexpr int most_rests = 12;

/// Takes one sample of each variant in `order`, those left out that would not end within the
/// budget; false when the session has to end.
bool race_session::take(const std::vector<std::uint32_t> &order, double least_ns) {
  std::vector<sample_request> piece;
  double length = 0, cost = 0;
  bool all_too_long = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t v = order[i];
    const auto in_piece = std::count_if(piece.begin(), piece.end(),
                                        [&](const sample_request &r) { return r.variant == v; });
    const double costs = cost_ns(v, least_ns);
    const bool short_enough = cost + costs < left_ns();
    if (racing_[v] && samples_[v] + in_piece < options_.rep && short_enough) {
      const double expected = expected_ns(v);
      cost += costs;
      piece.push_back({v, launches_for(least_ns, expected), expected});
      length += expected * piece.back().launches;
    }
    all_too_long = all_too_long && !short_enough;
    if (!piece.empty() && (length >= piece_ns || i + 1 == order.size())) {
      if (!may_go_on() || !take_piece(piece))
        return false;
      piece.clear();
      length = cost = 0;
    }
  }
  return !all_too_long || order.empty() || fits(std::numeric_limits<double>::infinity());
}

bool race_session::take_piece(std::span<const sample_request> piece) {
  for (int rests = 0;; ++rests) {
    const std::int64_t start = time_.now_ns();
    timed_round got = from_.round(piece);
    const std::int64_t end = time_.now_ns();
    if (got.samples.size() > piece.size())
      got.samples.resize(piece.size());
    for (std::size_t i = 0; i < got.samples.size(); ++i)
      if (got.samples[i].launches == 0)
        got.samples[i].launches = piece[i].launches;

    bool throttled = false;
    if (got.clock > 0) {
      throttled = clocks_.size() >= 3 && got.clock < options_.throttle_limit * median(clocks_);
      if (!throttled || rests == most_rests)
        clocks_.push_back(got.clock);
      if (throttled && rests == most_rests) {
        clocks_.assign(1, got.clock);
        throttled = false;
      }
    }

    // Where the sampler does not say when, the samples share the round's time by their length.
    double total = 0;
    for (std::size_t i = 0; i < got.samples.size(); ++i)
      if (got.samples[i].taken())
        total += got.samples[i].outcome.time_ns * got.samples[i].launches;
    const double stretch = total > 0 ? static_cast<double>(end - start) / total : 1;
    double passed = 0;
    bool progress = false;
    for (std::size_t i = 0; i < got.samples.size(); ++i) {
      const timed_sample &s = got.samples[i];
      const std::uint32_t v = piece[i].variant;
      if (s.failed()) {
        racing_[v] = false;
        result_.variants[v].reason = left_by::failed;
        result_.variants[v].failure =
            s.outcome.reason.empty() ? "failed while being timed" : s.outcome.reason;
        progress = true;
      }
      if (!s.taken())
        continue;
      progress = true;
      const double time_ns = s.outcome.time_ns;
      if (!racing_[v])
        continue; // it failed before in this piece
      const double length = time_ns * s.launches;
      result_.launches += s.launches;
      result_.timed_ns += length;
      if (throttled)
        continue;
      const double at = std::isnan(s.at_ns)
                            ? static_cast<double>(start) + (passed + length / 2) * stretch
                            : s.at_ns;
      passed += length;
      result_.samples.push_back(
          {v, time_ns, (at - static_cast<double>(begin_ns_)) * 1e-9, s.launches});
      ++samples_[v];
      ran_here_[v] = true;
      last_ns_[v] = time_ns;
    }
    if (!progress) {
      stop("nothing could be run");
      return false;
    }
    if (!throttled)
      return true;
    ++result_.dropped_rounds;
    time_.sleep_ns(std::min(first_rest_ns << std::min(rests, 10), longest_rest_ns));
    if (!may_go_on())
      return false;
  }
}

} // namespace tl::rt::measure
