// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How fast each variant is, from all that was observed, once noise and drift are known
// (variation.h).
//
//   ln(time of sample s)     = level(variant of s) + drift(time of s) + noise
//   ln(time of first call c) = level(variant of c) + drift(time of c) + shift + first-call noise
//
// Clocks drift in time, for all variants alike. Comparing two variants inside one round cancels
// that only while a round is short against the drift; with 256 variants of 70 ms a round takes 18
// s. So every sample is paired with its neighbours in time instead, all at once, by least squares.
//
// The levels come from a normal distribution of known width (that of the space near its best), the
// shift is free: what first calls take more than later ones in common. First calls are little
// trusted where they scatter, but there is one of each variant, so they tell which variants need no
// sample. Levels that were seen seldom are drawn towards the middle: the fastest of many noisy
// levels is not as fast as it looks (James and Stein, 1961).

#ifndef TL_RUNTIME_MEASURE_LEVELS_H
#define TL_RUNTIME_MEASURE_LEVELS_H

#include "drift.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tl::rt::measure {

/// A sample or a first call, with the noise that it has.
struct weighed {
  std::uint32_t variant;
  double log_time; ///< ln of the time per launch
  double at_s;     ///< when [s]
  bool first_call; ///< takes the common shift more
  double variance; ///< of its noise [ln^2]
};

/// A level as far as it is known.
struct estimate {
  double level;    ///< ln of the time per launch
  double variance; ///< of the error [ln^2]
};

/// Difference of two variants' levels.
struct contrast {
  double difference; ///< ln of the ratio of their times
  double deviation;  ///< standard error of it
};

/// Joint distribution of the levels. Immutable after construction.
class levels {
public:
  /// Of `observations`, ordered by time. Where `joint[v]`, variant v takes part in the fit of the
  /// drift (n such variants cost n^3); the others are placed by it. Levels vary by `spread` [ln].
  levels(std::span<const weighed> observations, const std::vector<bool> &joint,
         const drift_process &drift, double spread);

  /// Whether the variant was observed.
  bool has(std::uint32_t variant) const {
    return place_[variant] >= 0 || lone_[variant].seen.variance > 0;
  }
  /// The variant's level, drift removed. Its error contains what is common to all levels.
  estimate of(std::uint32_t variant) const;
  /// level(a) - level(b) with its standard error.
  contrast compare(std::uint32_t a, std::uint32_t b) const;
  /// What each observation alone says about its variant's level, the drift being known from the
  /// others.
  std::span<const estimate> opinions() const { return opinions_; }

private:
  /// What the observations of a variant say that has no say in the fit.
  struct alone {
    estimate seen{0, 0};
    std::vector<double> pull; ///< how errors of the rows move it
  };
  void place_lone(std::span<const weighed> observations, std::span<const double> influence,
                  std::span<const double> drift_variance);

  std::vector<std::int32_t> place_; // variant -> row, -1: not joint
  std::vector<alone> lone_;
  std::vector<double> rows_;       // levels of the joint variants, the shift last
  std::vector<double> covariance_; // rows x rows
  std::vector<double> drift_;
  std::vector<estimate> opinions_;
  double center_ = 0;
};

} // namespace tl::rt::measure

#endif
