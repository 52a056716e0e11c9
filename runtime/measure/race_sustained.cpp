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
#include <span>
#include <utility>

namespace tl::rt::measure {

/// A device is held back where it draws this share of its limit, where a limit was in force for
/// this share of the time, or where its clock has sunk by this much from the session's highest.
static constexpr double hard_power = 0.8, held_share = 0.02, sunk_clock = 0.025;
/// Launches this long run long enough, in an ordinary program, for a limit to act. Where a race was
/// too short to show it, the leader runs alone for this long [ns].
static constexpr double long_launch_ns = 150e3, long_race_ns = 100e6, look_ns = 100e6;
/// Finalists are within this of the leader [ln], and so many at most: the order for long is another
/// one, and a window of the first turn is short. Of 76 variants of a GEMM on an H200 33 were as
/// close, and with room for 24 a noisy first run kept out the best one.
static constexpr double final_reach = 0.06;
static constexpr std::size_t most_finalists = 48;
/// What is known by a first run or a few samples is taken for as close as it may be, by so many
/// standard errors, and by this much at most [ln].
static constexpr double errors = 2, most_error = 0.1;
/// Steps of the longest window, and of one of the first turn; the first ones are not timed. Where
/// the limiter is found to settle early, which takes so many windows, the others are brief ones.
static constexpr std::size_t longest_steps = 12, first_steps = 7, untimed_steps = 3;
static constexpr std::size_t judging_windows = 8, brief_steps = 5;
/// A window that went on as it began, by this share of what changed at first, is too short for the
/// device's limiter, if that is this many standard errors from none. Then the longest one is
/// needed, and as long before it.
static constexpr double settling_share = 0.55, settling_errors = 2;
/// Turns; and who takes part in the next one: so many, within this of the best so far [ln]. A
/// window of the first turn was up to 3 % off on an H200.
static constexpr int turns = 4;
static constexpr std::size_t most_in_next_turn = 12;
static constexpr double next_reach[] = {0.04, 0.01, 0.005};
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

/// Those as good as the leader, as far as is known, the best first.
std::vector<std::uint32_t> race_session::finalists() const {
  std::vector<std::uint32_t> close;
  for (std::uint32_t v = 0; v < count_; ++v) {
    if (!racing_[v] || !ranking_.has(v))
      continue;
    const contrast behind = ranking_.compare(v, ranking_.leader());
    if (behind.difference - std::min(errors * behind.deviation, most_error) < final_reach)
      close.push_back(v);
  }
  std::stable_sort(close.begin(), close.end(), [&](std::uint32_t a, std::uint32_t b) {
    return ranking_.level(a) < ranking_.level(b);
  });
  close.resize(std::min(close.size(), most_finalists));
  return close;
}

/// A race has no samples of what first runs have put behind, which may lead for long.
void race_session::sample_finalists() {
  std::vector<std::uint32_t> unknown = finalists();
  std::erase_if(unknown, [&](std::uint32_t v) { return samples_[v] > 0; });
  if (unknown.empty())
    return;
  for (int twice = 0; twice < 2; ++twice) {
    arrange(unknown);
    if (!take(unknown, options_.least_sample_ns))
      return;
  }
  look();
}

void race_session::run_untimed(std::uint32_t v, double for_ns) {
  if (for_ns <= 0 || !fits(for_ns))
    return;
  const std::int64_t begin = time_.now_ns();
  from_.run_for(v, static_cast<std::int64_t>(for_ns));
  result_.settle_ns += static_cast<double>(time_.now_ns() - begin);
}

/// Runs the variant alone for as long as is said, and then times it; false where that failed or the
/// session has to end.
bool race_session::window(std::uint32_t v, double before_ns, double timed_ns, double &time_ns) {
  if (!fits(before_ns + timed_ns))
    return false;
  run_untimed(v, before_ns);
  const sample_request wanted{v, launches_for(timed_ns, expected_ns(v)), expected_ns(v)};
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

/// The logarithms of the times of a first window's steps, fewer where the session has to end.
std::vector<double> race_session::window_in_steps(std::uint32_t v, std::size_t steps) {
  std::vector<double> times;
  double time_ns = 0;
  const double step_ns = options_.sustain_ns / longest_steps;
  if (!fits(static_cast<double>(steps) * step_ns))
    return times;
  while (times.size() < steps && window(v, 0, step_ns, time_ns))
    times.push_back(std::log(time_ns));
  return times;
}

/// Whether the clock has found its level early in these windows. What has a time constant changes
/// late as it does early, only less: the slope of the late change over the early one, through the
/// origin, is 0.15 for a time constant of 0.05 s, 0.45 for 0.1 s and 0.99 for 0.3 s (steps of 50
/// ms).
static bool settles_early(std::span<const std::vector<double>> windows) {
  double squares = 0, products = 0, rest = 0;
  std::vector<std::pair<double, double>> changes;
  for (const std::vector<double> &it : windows) {
    const std::span<const double> all(it);
    const double middle = mean(all.subspan(2, 2));
    const auto &[early, late] =
        changes.emplace_back(mean(all.first(2)) - middle, middle - mean(all.last(2)));
    squares += early * early;
    products += early * late;
  }
  const double slope = squares > 0 ? products / squares : 0;
  for (const auto &[early, late] : changes)
    rest += (late - slope * early) * (late - slope * early);
  const double degrees = std::max(1.0, static_cast<double>(windows.size()) - 1);
  const double error = squares > 0 ? std::sqrt(rest / degrees / squares) : 0;
  return slope < settling_share || slope < settling_errors * error;
}

/// Runs each finalist for so many steps. Returns how long the windows of the further turns are.
race_session::window_length race_session::first_turn(const std::vector<std::uint32_t> &finalists,
                                                     std::vector<std::vector<double>> &turns_of) {
  std::vector<std::uint32_t> ran;
  std::vector<std::vector<double>> windows;
  // To the limit first: until then a window shows how long that takes.
  run_untimed(finalists.front(), 2 * options_.sustain_ns);
  bool settled = false;
  for (const std::uint32_t v : finalists) {
    const std::size_t steps = settled ? brief_steps : first_steps;
    std::vector<double> times = window_in_steps(v, steps);
    if (times.size() == steps) {
      ran.push_back(v);
      windows.push_back(std::move(times));
      if (windows.size() == judging_windows)
        settled = settles_early(windows);
    }
    if (!result_.stopped.empty())
      break;
  }
  if (ran.empty())
    return {};
  if (!settled)
    settled = settles_early(windows);
  for (std::size_t i = 0; i < ran.size(); ++i)
    turns_of[ran[i]] = {
        mean(std::span(windows[i]).subspan(settled ? untimed_steps : first_steps - 1))};
  if (!settled)
    return {options_.sustain_ns, options_.sustain_ns, false};
  const double before_ns = options_.sustain_ns * untimed_steps / longest_steps;
  return {before_ns, options_.sustain_ns - before_ns, true};
}

/// Leaves those that are within the reach of the best of them.
static void keep_best(std::vector<std::uint32_t> &order,
                      const std::vector<std::vector<double>> &turns_of, double reach) {
  std::erase_if(order, [&](std::uint32_t v) { return turns_of[v].empty(); });
  const auto level = [&](std::uint32_t v) { return mean(turns_of[v]); };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return level(a) < level(b); });
  order.resize(std::min(order.size(), most_in_next_turn));
  std::erase_if(order, [&](std::uint32_t v) { return level(v) - level(order.front()) > reach; });
}

void race_session::confirm_sustained() {
  if (!looked_ || !ranking_.found() || !result_.stopped.empty() ||
      options_.confirm == confirmation::burst)
    return;
  if (finalists().size() < 2)
    return;
  if (options_.confirm == confirmation::measured && !held_back())
    return;
  sample_finalists();
  std::vector<std::uint32_t> order = finalists();
  std::erase_if(order, [&](std::uint32_t v) { return samples_[v] == 0; });
  if (order.size() < 2)
    return;
  std::vector<std::vector<double>> turns_of(count_); // ln of each window
  const window_length length = first_turn(order, turns_of);
  for (int turn = 1; turn < turns && result_.stopped.empty(); ++turn) {
    static_cast<void>(note_load());
    keep_best(order, turns_of, next_reach[turn - 1]);
    judge_windows(turns_of);
    if (order.size() < 2 || (turn > 1 && sustained_doubt_ < little_doubt))
      return;
    if (turn == 1 && !length.settled)
      turns_of.assign(count_, {}); // chosen by what the limiter had not settled for
    std::reverse(order.begin(), order.end());
    for (const std::uint32_t v : order) {
      double time_ns = 0;
      if (window(v, length.before_ns, length.timed_ns, time_ns))
        turns_of[v].push_back(std::log(time_ns));
      else if (!result_.stopped.empty())
        break;
    }
  }
  static_cast<void>(note_load());
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
