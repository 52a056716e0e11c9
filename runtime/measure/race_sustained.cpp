// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Windows of one variant alone. The model takes the device's speed for a matter of time; under a
// power limit the clock depends on which variant has been running for the last half second, and
// interleaved samples give all variants the clock of the mixture. What draws less power is then
// faster for a user who runs it again and again than it looks here. So where the device is seen to
// be held back, the finalists run for long, each alone, in turns of reversed order.

#include "race_session.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tl::rt::measure {

/// A device is held back where it draws this share of its limit, where a limit was in force for
/// this share of the time, or where its clock has sunk by this much from the session's highest.
static constexpr double hard_power = 0.8, held_share = 0.02, sunk_clock = 0.025;
/// Launches this long run long enough, in an ordinary program, for a limit to act. Where a race was
/// too short to show it, the leader runs alone for this long [ns].
static constexpr double long_launch_ns = 150e3, long_race_ns = 100e6, look_ns = 100e6;
/// Finalists are within this of the leader [ln], and so many at most.
static constexpr double final_reach = 0.03;
static constexpr std::size_t most_finalists = 8;
/// Turns; and who takes part in the next one: those within this of the best so far [ln].
static constexpr int turns = 4;
static constexpr double next_reach[] = {0.02, 0.01, 0.005};
/// From the second turn on none follows where another one is better by more than epsilon with a
/// probability of less than this.
static constexpr double little_doubt = 0.005;
/// Least standard deviation of a window [ln].
static constexpr double least_window_noise = 0.002;

/// Takes what the device says since it was last asked; whether that is a limit at work.
bool race_session::note_load() {
  const device_load now = from_.load();
  result_.power = std::max(result_.power, now.power);
  result_.limited = std::max(result_.limited, now.limited);
  result_.others = std::max(result_.others, now.others);
  return now.power >= hard_power || now.limited >= held_share;
}

/// Whether power or heat hold the device back while these variants run.
bool race_session::held_back() {
  if (note_load())
    return true;
  const std::uint32_t leader = result_.winner;
  if (expected_ns(leader) < long_launch_ns && result_.timed_ns < long_race_ns)
    return false;
  if (result_.power == 0 && result_.limited == 0 && clocks_.empty())
    return false; // a device that tells nothing
  if (left_ns() < look_ns)
    return false;
  const auto step = static_cast<std::int64_t>(look_ns / 4);
  from_.run_for(leader, 3 * step);
  // Of the clock itself: what run_for() returns may be launches per time.
  const sample_request wanted{leader, launches_for(static_cast<double>(step), expected_ns(leader)),
                              expected_ns(leader)};
  const timed_round last = from_.round({&wanted, 1});
  result_.settle_ns += look_ns;
  const double highest = clocks_.empty() ? 0 : *std::max_element(clocks_.begin(), clocks_.end());
  return note_load() || (last.clock > 0 && last.clock < (1 - sunk_clock) * highest);
}

/// Those as good as the leader, the best first.
std::vector<std::uint32_t> race_session::finalists() const {
  std::vector<std::uint32_t> close;
  const std::uint32_t best = ranking_.leader();
  for (std::uint32_t v = 0; v < count_; ++v)
    if (racing_[v] && samples_[v] > 0 && ranking_.has(v) &&
        ranking_.level(v) - ranking_.level(best) < final_reach)
      close.push_back(v);
  std::stable_sort(close.begin(), close.end(), [&](std::uint32_t a, std::uint32_t b) {
    return ranking_.level(a) < ranking_.level(b);
  });
  close.resize(std::min(close.size(), most_finalists));
  return close;
}

/// Runs the variant alone, and then times it; false where that failed or the session has to end.
bool race_session::window(std::uint32_t v, double &time_ns) {
  if (!fits(2 * options_.sustain_ns))
    return false;
  const std::int64_t begin = time_.now_ns();
  from_.run_for(v, static_cast<std::int64_t>(options_.sustain_ns));
  result_.settle_ns += static_cast<double>(time_.now_ns() - begin);
  const sample_request wanted{v, launches_for(options_.sustain_ns, expected_ns(v)), expected_ns(v)};
  const timed_round got = from_.round({&wanted, 1});
  if (got.samples.size() != 1 || !got.samples[0].taken())
    return false;
  time_ns = got.samples[0].outcome.time_ns;
  const std::uint32_t launches =
      got.samples[0].launches ? got.samples[0].launches : wanted.launches;
  result_.launches += launches;
  result_.timed_ns += time_ns * launches;
  return true;
}

void race_session::confirm_sustained() {
  if (!looked_ || !ranking_.found() || !result_.stopped.empty() ||
      options_.confirm == confirmation::burst)
    return;
  std::vector<std::uint32_t> order = finalists();
  if (order.size() < 2)
    return;
  if (options_.confirm == confirmation::measured && !held_back())
    return;
  std::vector<std::vector<double>> turns_of(count_); // ln of each window
  for (int turn = 0; turn < turns && order.size() > 1; ++turn) {
    for (const std::uint32_t v : order) {
      double time_ns = 0;
      if (!window(v, time_ns)) {
        if (!result_.stopped.empty())
          return judge_windows(turns_of);
        continue;
      }
      turns_of[v].push_back(std::log(time_ns));
    }
    static_cast<void>(note_load());
    if (turn + 1 == turns)
      break;
    double best = std::numeric_limits<double>::infinity();
    const auto mean = [&](std::uint32_t v) { return tl::rt::measure::mean(turns_of[v]); };
    for (const std::uint32_t v : order)
      if (!turns_of[v].empty())
        best = std::min(best, mean(v));
    std::erase_if(order, [&](std::uint32_t v) {
      return turns_of[v].empty() || mean(v) - best > next_reach[turn];
    });
    judge_windows(turns_of);
    if (turn > 0 && sustained_doubt_ < little_doubt)
      break;
    std::reverse(order.begin(), order.end());
  }
  judge_windows(turns_of);
}

/// The winner is who is fastest for long; the default stays unless beaten by more than epsilon.
void race_session::judge_windows(const std::vector<std::vector<double>> &turns_of) {
  std::uint32_t best = 0;
  double least = std::numeric_limits<double>::infinity(), squares = 0, degrees = 0;
  for (std::uint32_t v = 0; v < count_; ++v) {
    if (turns_of[v].empty())
      continue;
    const double level = mean(turns_of[v]);
    result_.variants[v].sustained_ns = std::exp(level);
    for (const double it : turns_of[v])
      squares += (it - level) * (it - level);
    degrees += static_cast<double>(turns_of[v].size()) - 1;
    if (level < least) {
      least = level;
      best = v;
    }
  }
  if (!std::isfinite(least))
    return;
  const double noise =
      std::max(least_window_noise, degrees > 0 ? std::sqrt(squares / degrees) : 0.01);
  const std::uint32_t d = options_.default_variant;
  result_.sustained = true;
  result_.winner = best;
  result_.default_kept = false;
  if (d < count_ && d != best && !turns_of[d].empty() && mean(turns_of[d]) - least <= tolerance_) {
    result_.winner = d;
    result_.default_kept = true;
  }
  sustained_doubt_ = 0;
  window_error_.assign(count_, 0);
  const std::vector<double> &own = turns_of[result_.winner];
  for (std::uint32_t v = 0; v < count_; ++v) {
    if (v == result_.winner || turns_of[v].empty())
      continue;
    const double error = noise * std::sqrt(1 / static_cast<double>(turns_of[v].size()) +
                                           1 / static_cast<double>(own.size()));
    window_error_[v] = error;
    sustained_doubt_ += student_cdf((-tolerance_ - (mean(turns_of[v]) - mean(own))) / error,
                                    std::max(1.0, degrees));
  }
}

} // namespace tl::rt::measure
