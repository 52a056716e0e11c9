// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who leads, and how probable it is that another variant is faster: from timed samples and first
// calls, of which some are outliers.
//
// A first call counts as one observation more, as noisy as first calls turn out to be where timed
// samples tell. It decides who needs no sample, and with them never outvotes the timed samples of a
// variant that has several. Delays happen to a small share of all observations: whatever disagrees
// with its variant's other observations is trusted less, and while a variant has few, every
// combination of them being delayed is weighed by how probable it is.

#ifndef TL_RUNTIME_MEASURE_RANKING_H
#define TL_RUNTIME_MEASURE_RANKING_H

#include "disturbance.h"
#include "levels.h"
#include "variation.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tl::rt::measure {

/// How often observations are delayed, and by how much.
struct delays {
  double share; ///< of the observations
  double size;  ///< mean delay [ln]
  double known; ///< number of observations that what is known beforehand counts for
};

/// Parts of the race that can be left out, to see what they are good for (utils/bench/replay).
struct race_parts {
  bool first_calls = true;  ///< first calls count as observations
  bool drift = true;        ///< the device's speed is taken to wander
  bool delays = true;       ///< delayed samples are trusted less
  bool shrinkage = true;    ///< levels are drawn towards the middle of their space
  bool own_delays = true;   ///< a variant's own delays count
  bool mixed_leader = true; ///< the leader is sampled in between
  bool proof = true;        ///< the winner is launched often before it is named
};

/// Not thread-safe.
class ranking {
public:
  /// Of variants numbered below `variants`. Differences up to `tolerance` do not matter [ln].
  ranking(std::size_t variants, double tolerance, const race_parts &parts = {});

  /// Takes all timed samples and first calls, in any order, of the variants in the race.
  void look(std::vector<observation> timed, std::span<const observation> first_calls);

  /// Whether there is a leader: some variant was timed.
  bool found() const { return found_; }
  /// The fastest of those that were timed, if possible twice. Where `found()`.
  std::uint32_t leader() const { return leader_; }
  /// Whether the variant was observed.
  bool has(std::uint32_t v) const { return levels_ && levels_->has(v); }
  /// ln of the mean time per launch of a variant that was observed, the machine's delays left out.
  double level(std::uint32_t v) const { return levels_->of(v).level + own_[v].cost; }
  /// Differences between the levels of observed variants.
  contrast compare(std::uint32_t a, std::uint32_t b) const;
  /// How undecided it is whether a variant's delays are its own, 0..1.
  double delay_doubt(std::uint32_t v) const { return own_[v].doubt; }
  /// Probability that the variant beats the leader by more than the tolerance; 0 of the leader and
  /// of what was not observed.
  double better(std::uint32_t v) const { return better_[v]; }
  /// Probability, at most, that some variant beats the leader by more than the tolerance.
  double doubt() const { return doubt_; }
  /// The same about another variant than the leader.
  double doubt_about(std::uint32_t v) const;
  const variation &noise() const { return variation_; }

private:
  void gather(const std::vector<observation> &timed, std::span<const observation> first_calls);
  void choose_joint();
  void choose_leader();
  void weigh(bool one_sided);
  void learn_first_calls();
  void learn_spread();
  void attribute();
  double chance(std::uint32_t v) const;
  double noise_of(std::size_t s) const;
  double below(double difference, double deviation) const;

  const std::size_t count_;
  const double tolerance_;
  const race_parts parts_;
  variation variation_;
  std::vector<weighed> seen_;                // all observations, ordered by time
  std::vector<double> scale_;                // of these: see observation
  std::vector<double> weights_;              // of these: how far each is trusted, 1: entirely
  std::vector<std::vector<std::size_t>> of_; // variant -> its observations
  std::vector<std::uint32_t> timed_;         // variant -> its timed samples
  std::vector<bool> joint_;
  std::optional<levels> levels_;
  std::vector<own_delays> own_; // variant -> its own delays
  std::vector<double> better_;
  bool found_ = false;
  std::uint32_t leader_ = 0;
  double doubt_ = 1;
  double first_noise_; // of first calls [ln]
  delays timed_delays_, first_delays_;
  double spread_;         // of the levels near the best [ln]
  estimate unseen_{0, 1}; // a level of which nothing is known
};

} // namespace tl::rt::measure

#endif
