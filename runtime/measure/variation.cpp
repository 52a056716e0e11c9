// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "variation.h"
#include "linear.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>

namespace tl::rt::measure {

/// Samples farther than this many deviations from the fit count as that far off at most: their
/// variance is raised until they lie there.
static constexpr double outlier_limit = 3;
/// Rounds of fitting and weighing. Weights have settled to a per cent by then.
static constexpr int weighing_rounds = 4;
/// Rates and memories are tried in steps of these factors; the likelihood is flat on a finer scale.
static constexpr double rate_step = 3.1622776601683795, memory_step = 3;
/// Tried range of drift variance per typical gap over noise variance; below it there is no drift to
/// speak of, above it the noise is not to be seen.
static constexpr double least_ratio = 1e-4, most_ratio = 1e5;
/// A drift with this memory is a random walk as far as a session can tell [s].
static constexpr double most_memory_s = 100;

namespace {

/// What solving the model for one drift yields.
struct solution {
  double criterion = 0;          ///< -2 ln of the restricted likelihood, up to a constant
  double squares = 0;            ///< weighted residual sum of squares, drift included
  std::vector<double> residuals; ///< per observation
};

class estimator {
public:
  estimator(const std::vector<observation> &observations, std::size_t variants, double least_noise);
  variation run(const variation &hint);

private:
  solution solve(const drift_process &drift) const;
  bool walk(drift_process &drift, double drift_process::*what, double step, double &best) const;
  void choose(drift_process &drift) const;
  void weigh(const solution &fit);

  double least_noise_;
  std::vector<double> values_, at_s_; // samples of the variants that have several
  std::vector<std::size_t> row_;      // their variants, numbered anew
  std::vector<double> scale_;         // variance of the noise over that of an ordinary sample
  std::vector<double> weights_;       // precision, 1: an ordinary sample's
  std::vector<double> count_;         // samples per row
  double typical_gap_ = 1;            // [s]
  double degrees_ = 0;
};

} // namespace

estimator::estimator(const std::vector<observation> &observations, std::size_t variants,
                     double least_noise)
    : least_noise_(least_noise) {
  std::vector<std::uint32_t> samples(variants, 0);
  for (const observation &o : observations)
    ++samples[o.variant];
  std::vector<std::size_t> row(variants, SIZE_MAX);
  std::vector<double> gaps;
  for (const observation &o : observations) {
    if (samples[o.variant] < 2)
      continue;
    if (row[o.variant] == SIZE_MAX) {
      row[o.variant] = count_.size();
      count_.push_back(samples[o.variant]);
    }
    if (!at_s_.empty())
      gaps.push_back(o.at_s - at_s_.back());
    row_.push_back(row[o.variant]);
    values_.push_back(o.log_time);
    at_s_.push_back(o.at_s);
    scale_.push_back(o.scale);
    weights_.push_back(1 / o.scale);
  }
  const double center = values_.empty() ? 0 : median(values_);
  for (double &value : values_)
    value -= center;
  typical_gap_ = gaps.empty() ? 1 : std::max(median(gaps), 1e-9);
  degrees_ = static_cast<double>(values_.size() - count_.size());
}

variation estimator::run(const variation &hint) {
  variation result{least_noise_, hint.drift, degrees_};
  if (degrees_ <= 0)
    return result;
  // In here, rates are in units of the noise's variance.
  if (hint.noise > 0)
    result.drift.rate /= hint.noise * hint.noise;
  solution fit;
  for (int round = 0; round < weighing_rounds; ++round) {
    choose(result.drift);
    fit = solve(result.drift);
    weigh(fit);
  }
  fit = solve(result.drift);
  result.noise = std::max(least_noise_, std::sqrt(fit.squares / degrees_));
  result.drift.rate *= result.noise * result.noise;
  return result;
}

/// Least squares over levels and drift: the drift is eliminated first (its matrix is tridiagonal),
/// which leaves one dense equation per variant.
solution estimator::solve(const drift_process &drift) const {
  const std::size_t n = values_.size(), rows = count_.size();
  drift_precision prior = precision_of(drift, at_s_);
  for (std::size_t s = 0; s < n; ++s)
    prior.diagonal[s] += weights_[s];
  const tridiagonal drift_matrix(prior.diagonal, prior.below);

  std::vector<double> matrix(rows * rows, 0.0), right(rows, 0.0), work(n);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t s = 0; s < n; ++s)
      work[s] = row_[s] == i ? weights_[s] : 0;
    drift_matrix.solve(work);
    for (std::size_t s = 0; s < n; ++s)
      matrix[row_[s] * rows + i] += weights_[s] * ((row_[s] == i ? 1 : 0) - work[s]);
  }
  solution result;
  for (std::size_t s = 0; s < n; ++s)
    work[s] = weights_[s] * values_[s];
  drift_matrix.solve(work);
  for (std::size_t s = 0; s < n; ++s) {
    const double pull = weights_[s] * (values_[s] - work[s]);
    right[row_[s]] += pull;
    result.squares += values_[s] * pull;
  }
  std::vector<double> level = right;
  const double log_rows = factorize(matrix, rows);
  tl::rt::measure::solve(matrix, level);
  for (std::size_t i = 0; i < rows; ++i)
    result.squares -= right[i] * level[i];
  result.squares = std::max(result.squares, 1e-18);

  // The noise is profiled out, but for its lower bound, which also keeps the drift bounded where
  // few samples would explain everything by it.
  const double variance = std::max(result.squares / degrees_, least_noise_ * least_noise_);
  result.criterion = degrees_ * std::log(variance) + result.squares / variance +
                     drift_matrix.log_determinant() - prior.log_determinant + log_rows;

  for (std::size_t s = 0; s < n; ++s)
    work[s] = weights_[s] * (values_[s] - level[row_[s]]);
  drift_matrix.solve(work);
  for (std::size_t s = 0; s < n; ++s)
    result.residuals.push_back(values_[s] - level[row_[s]] - work[s]);
  return result;
}

/// Moves one parameter by steps while that is better; whether it moved.
bool estimator::walk(drift_process &drift, double drift_process::*what, double step,
                     double &best) const {
  const double low = least_ratio / typical_gap_, high = most_ratio / typical_gap_;
  for (bool moved = false;; moved = true) {
    drift_process next = drift;
    next.*what *= step;
    if (next.rate < low || next.rate > high || next.memory_s < typical_gap_ ||
        next.memory_s > most_memory_s)
      return moved;
    const double value = solve(next).criterion;
    if (value >= best)
      return moved;
    best = value;
    drift = next;
  }
}

/// Walks from the present rate and memory of the drift to the nearest best ones.
void estimator::choose(drift_process &drift) const {
  if (drift.rate <= 0)
    drift = {1 / typical_gap_, most_memory_s};
  drift.rate = std::clamp(drift.rate, least_ratio / typical_gap_, most_ratio / typical_gap_);
  double best = solve(drift).criterion;
  bool moved = true;
  for (int turn = 0; moved && turn < 4; ++turn) {
    moved = false;
    for (const auto what : {&drift_process::rate, &drift_process::memory_s}) {
      const double step = what == &drift_process::rate ? rate_step : memory_step;
      moved = walk(drift, what, step, best) || walk(drift, what, 1 / step, best) || moved;
    }
  }
}

void estimator::weigh(const solution &fit) {
  // A variant's own samples pull its level along: n samples show only (n - 1) / n of the variance.
  std::vector<double> away;
  for (std::size_t s = 0; s < values_.size(); ++s) {
    const double n = count_[row_[s]];
    away.push_back(std::abs(fit.residuals[s]) * std::sqrt(n / (n - 1) / scale_[s]));
  }
  const double scale = std::max(least_noise_, 1.4826 * median(away));
  for (std::size_t s = 0; s < values_.size(); ++s) {
    const double z = away[s] / scale;
    weights_[s] = (z <= outlier_limit ? 1 : (outlier_limit / z) * (outlier_limit / z)) / scale_[s];
  }
}

variation estimate_variation(const std::vector<observation> &observations, std::size_t variants,
                             double least_noise, const variation &hint) {
  return estimator(observations, variants, least_noise).run(hint);
}

} // namespace tl::rt::measure
