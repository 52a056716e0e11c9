// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How fast each variant is, from interleaved samples taken while the device's speed drifts.
//
// Clocks drift in time, for all variants alike. Comparing two variants inside one round cancels
// that only while a round is short against the drift; with 256 variants of 70 ms a round takes 18
// s. So every sample is paired with its neighbours in time instead, all at once, by least squares:
//
//   ln(time of sample s) = level(variant of s) + drift(time of s) + noise
//
// The levels are free, the drift is a random walk. That is a linear mixed model (the "local level"
// model of Durbin and Koopman, "Time Series Analysis by State Space Methods", 2012, with one fixed
// effect per variant). The ratio of drift to noise is taken from the samples by restricted maximum
// likelihood (Patterson and Thompson, 1971). No drift gives plain means, much drift gives
// differences of neighbours. Outliers are weighed down.

#ifndef TL_RUNTIME_MEASURE_LEVELS_H
#define TL_RUNTIME_MEASURE_LEVELS_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tl::rt::measure {

/// One sample.
struct observation {
  std::uint32_t variant;
  double log_time; ///< ln of the time per launch
  double at_s;     ///< when [s]
};

/// Difference of two variants' levels.
struct contrast {
  double difference; ///< ln of the ratio of their times
  double deviation;  ///< standard error of it
};

/// The fitted model. Immutable after construction.
class levels {
public:
  /// Fits to `observations`, ordered by time, of variants numbered below `variants`. At least one
  /// variant needs a second sample for `degrees() > 0`. `least_noise` bounds the noise from below
  /// [ln]. `drift_hint` is `drift_ratio()` of an earlier fit, where to look first; negative: none.
  levels(std::vector<observation> observations, std::size_t variants, double least_noise = 0.001,
         double drift_hint = -1);

  /// Whether the variant has a sample.
  bool has(std::uint32_t variant) const { return place_[variant] >= 0 || lone_[variant] >= 0; }
  /// ln of the variant's time per launch, drift removed.
  double level(std::uint32_t variant) const;
  /// level(a) - level(b) with its standard error.
  contrast compare(std::uint32_t a, std::uint32_t b) const;
  /// The samples with the drift taken out, in the order given [ln].
  std::span<const double> adjusted() const { return adjusted_; }

  /// Degrees of freedom that the noise was estimated from.
  double degrees() const { return degrees_; }
  /// Standard deviation of one sample around level and drift [ln].
  double noise() const { return noise_; }
  /// Variance that the drift gathers per second, over the variance of the noise [1/s].
  double drift_ratio() const { return ratio_; }

private:
  struct solution;
  solution solve(double ratio, bool complete) const;
  void choose_ratio();
  void weigh(const solution &fit);
  double pull(std::uint32_t variant, double sign, std::vector<double> &on_rows) const;

  // A variant with one sample has no say in the fit: its level is what the drift leaves of the
  // sample. Only the others are rows of the equations.
  std::vector<observation> observations_;
  std::vector<std::int32_t> place_;  // variant -> row, -1: fewer than two samples
  std::vector<std::int32_t> lone_;   // variant -> its only observation, -1: none or several
  std::vector<std::int32_t> row_;    // observation -> row of its variant, -1: lone
  std::vector<std::uint32_t> count_; // samples per row
  std::vector<double> weights_;      // per observation
  std::vector<double> levels_;       // per row
  std::vector<double> covariance_;   // rows x rows, of the levels, in units of the noise's variance
  std::vector<double> influence_;    // observations x rows: how a row's level moves the drift there
  std::vector<double> drift_variance_; // per observation, given the levels, in the same units
  std::vector<double> adjusted_;       // per observation
  double center_ = 0;
  double typical_gap_ = 1; // between observations [s]
  double least_noise_;
  double noise_ = 0;
  double ratio_ = 0;
  double degrees_ = 0;
};

} // namespace tl::rt::measure

#endif
