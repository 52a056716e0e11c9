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

/// Not thread-safe.
class ranking {
public:
  /// Of variants numbered below `variants`. Differences up to `tolerance` do not matter [ln].
  ranking(std::size_t variants, double tolerance);

  /// Takes all timed samples and first calls, in any order, of the variants in the race.
  void look(std::vector<observation> timed, std::span<const observation> first_calls);

  /// Whether there is a leader: some variant was timed.
  bool found() const { return found_; }
  /// The fastest of those that were timed, if possible twice. Where `found()`.
  std::uint32_t leader() const { return leader_; }
  /// Whether the variant was observed.
  bool has(std::uint32_t v) const { return levels_ && levels_->has(v); }
  /// ln of the time per launch of a variant that was observed.
  double level(std::uint32_t v) const { return levels_->of(v).level; }
  /// Differences between observed variants.
  contrast compare(std::uint32_t a, std::uint32_t b) const { return levels_->compare(a, b); }
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
  double chance(std::uint32_t v) const;
  double noise_of(std::size_t s) const;
  double below(double difference, double deviation) const;

  const std::size_t count_;
  const double tolerance_;
  variation variation_;
  std::vector<weighed> seen_;                // all observations, ordered by time
  std::vector<double> weights_;              // of these
  std::vector<std::vector<std::size_t>> of_; // variant -> its observations
  std::vector<std::uint32_t> timed_;         // variant -> its timed samples
  std::vector<bool> joint_;
  std::optional<levels> levels_;
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
