// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the fastest of the variants that work, with a statement of how sure that is.
//
// The aim: a variant within `epsilon` of the best with probability 1 - `delta`, in two to three
// passes over the variants, also while the device's clock drifts. The steps:
//
//   1. settle   run the default variant until the device's clock is steady
//   2. screen   two samples each of the variants with the fastest first calls, in random order
//   3. race     rank by all samples and first calls so far (ranking.h), compute for each variant
//   the
//               probability that it beats the leader by more than epsilon, sample those where it
//               matters together with the leader in random order; stop when the probabilities sum
//               to at most delta. Nothing is out for good: a variant comes back when the leader
//               turns out to be slower than it looked
//   4. confirm  the default stays unless beaten by more than epsilon; where that is not clear, the
//               two are compared in ABBA blocks
//
// Where certainty is dear (many variants near the best, fast drift), the race settles for less of
// it when it has used up `passes`; the result says how much it reached.
//
// First calls decide who is sampled: no variant wins without timed samples, and how far first calls
// can be trusted is learned from the variants that have both. A minimum is never used.

#ifndef TL_RUNTIME_MEASURE_RACE_H
#define TL_RUNTIME_MEASURE_RACE_H

#include "clock.h"
#include "ranking.h"
#include "sampler.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace tl::rt::measure {

/// A variant at the start.
struct entrant {
  double probe_ns = 0; ///< time of its first call; 0: not known [ns]
  std::string failure; ///< not empty: it does not work, for this reason, and is never run
  /// When the first call was, on the session's clock [ns]; NaN: in an earlier session, or
  /// elsewhere.
  double probe_at_ns = std::numeric_limits<double>::quiet_NaN();
  /// Good on other problems: it is timed, whatever its first call took, so that more is known of
  /// it.
  bool promising = false;
};

/// A timed sample as it is kept.
struct recorded_sample {
  std::uint32_t variant;
  double time_ns; ///< per launch [ns]
  double at_s;    ///< when, since the session's start [s]; negative: in an earlier session
  std::uint32_t launches = 1; ///< that it spans
};

/// How far a session is.
struct race_progress {
  std::uint32_t leader;     ///< the fastest so far
  double leader_ns;         ///< its time [ns]
  std::uint32_t contenders; ///< variants that may still beat it, the leader not counted
  std::uint64_t samples;    ///< taken so far
  double confidence;        ///< that nothing beats the leader by more than epsilon, 0..1
};

/// Whether the finalists are run for long, each alone, before the winner is named.
enum class confirmation : std::uint8_t {
  measured,  ///< where the device is seen to be held back by power or heat
  sustained, ///< always
  burst,     ///< never: what counts is a launch now and then
};

struct race_options {
  double epsilon = 0.01; ///< a difference that does not matter (relative)
  double delta = 0.01;   ///< accepted probability of missing the best by more than epsilon
  std::uint32_t default_variant = 0; ///< stays unless beaten by more than epsilon
  std::uint64_t seed = 1;            ///< decides every order; same seed and samples, same result
  std::uint32_t rep = 100;           ///< most timed samples per variant
  double warmup_ns = 25e6;  ///< untimed running before the first timed sample, at least [ns]
  double settle_ns = 500e6; ///< most untimed running before it; 0: neither [ns]
  double budget_ns = std::numeric_limits<double>::infinity(); ///< wall time of the session [ns]
  /// Shorter launches are repeated back to back to last this long [ns].
  double least_sample_ns = 50e3;
  double longest_sample_ns = 1e6; ///< ... and up to this long where samples are noisy [ns]
  double probe_limit = 5;         ///< times the best probe: slower ones are not sampled
  /// Time of a race, first calls included, over one launch of every variant, after which three
  /// times `delta` will do, and soon after that whatever was reached; not before `cheap_ns`.
  double passes = 2.3;
  /// A race that has taken less than this goes on until its confidence is reached [ns].
  double cheap_ns = 300e6;
  double throttle_limit = 0.75; ///< of the session's median clock: rounds below are dropped
  double confirm_ns = 50e6;     ///< length of a block of the confirmation [ns]
  confirmation confirm = confirmation::measured;
  /// Longest window of one variant alone, and longest running before it [ns]. Both are shorter
  /// where the device is seen to settle sooner.
  double sustain_ns = 600e6;
  std::vector<recorded_sample> earlier; ///< of a session that this one continues, ordered by time
  race_parts parts;                     ///< all of them
  /// Asked after each look at the samples; false ends the session as unfinished. May be empty.
  std::function<bool(const race_progress &)> observer;
};

/// Why a variant is not the winner.
enum class left_by : std::uint8_t {
  won,        ///< it is the winner
  failed,     ///< did not work, before or in the race
  slow_probe, ///< first call too slow, never timed
  beaten,     ///< slower than the winner, or better by so little or so improbably that it was left
  never_ran,  ///< the session ended before its first sample
};

/// What is known of a variant at the end.
struct standing {
  left_by reason = left_by::never_ran;
  std::string failure; ///< of `failed`
  std::vector<double>
      times_ns;         ///< raw samples in the order taken, those of earlier sessions included [ns]
  double median_ns = 0; ///< of these; 0: none [ns]
  double spread = 0;    ///< robust standard deviation over median
  /// How much slower than the winner, drift removed, by what the winner was chosen by: windows of
  /// one variant alone, where there were any (relative).
  double margin = 0;
  double margin_error = 0; ///< standard error of that
  bool compared = false;   ///< whether these two are known
  double sustained_ns = 0; ///< time per launch when it runs alone for long; 0: not measured [ns]
};

struct race_result {
  bool found = false;          ///< some variant works
  bool finished = false;       ///< the race ended by its own rule
  std::string stopped;         ///< what ended an unfinished session
  bool out_of_budget = false;  ///< that was the budget: nothing more would have fitted into it
  std::uint32_t winner = 0;    ///< meaningful where found
  std::uint32_t runner_up = 0; ///< fastest of the others; the winner itself where there is none
  /// How much slower it is than the winner (relative). Negative where the default was kept, which
  /// is within epsilon then, and in sessions that did not finish.
  double runner_up_margin = 0;
  bool default_kept = false; ///< the default won although another looked faster, by epsilon or less
  double confidence = 0;     ///< that nothing beats the winner by more than epsilon
  std::vector<standing> variants;
  std::vector<recorded_sample> samples; ///< all, in the order taken, `earlier` included
  std::uint64_t launches = 0;           ///< timed launches of this session
  double timed_ns = 0;                  ///< their time [ns]
  double settle_ns = 0;                 ///< untimed running [ns]
  double wall_ns = 0;                   ///< the session [ns]
  std::uint32_t dropped_rounds = 0;     ///< because of throttling
  bool sustained = false;               ///< the winner was chosen by windows of one variant alone
  double power = 0;    ///< highest mean power seen over the power limit; 0: not known
  double limited = 0;  ///< largest share of time seen in which a limit held the clock down
  unsigned others = 0; ///< most processes besides ours that were seen on the device
  double noise = 0;    ///< standard deviation of one sample, drift removed (relative)
  double drift = 0;    ///< typical change of the device's speed in one second (relative)
};

/// Races `entrants` and returns how it went. Does not throw but for memory. Uses `from` and `time`
/// from the calling thread only.
race_result race(const std::vector<entrant> &entrants, sampler &from, clock &time,
                 const race_options &options = {});

/// Back-to-back launches for a sample to last `least_ns`, of a launch that takes `launch_ns`.
std::uint32_t launches_for(double least_ns, double launch_ns);

} // namespace tl::rt::measure

#endif
