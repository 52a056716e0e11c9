// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "levels.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tl::rt::measure {

/// Samples farther than this many deviations from the fit count as that far off at most: their
/// variance is raised until they lie there.
static constexpr double outlier_limit = 3;
/// Rounds of fitting and weighing. Weights have settled to a per cent by then.
static constexpr int weighing_rounds = 4;
/// Drift ratios are tried in steps of this factor; the likelihood is flat on a finer scale.
static constexpr double ratio_step = 3.1622776601683795;
/// Tried range of drift variance per typical gap over noise variance; below it there is no drift to
/// speak of, above it the noise is not to be seen.
static constexpr double least_ratio = 1e-4, most_ratio = 1e5;

/// What solving the model for one drift ratio yields.
struct levels::solution {
  double criterion = 0; ///< -2 ln of the restricted likelihood, up to a constant
  double squares = 0;   ///< weighted residual sum of squares, drift included
  std::vector<double> level;
  std::vector<double> drift;          ///< per observation
  std::vector<double> covariance;     ///< rows x rows
  std::vector<double> influence;      ///< observations x rows
  std::vector<double> drift_variance; ///< per observation
};

namespace {

/// LDL' factors of the symmetric tridiagonal matrix of the drift given the levels.
class tridiagonal {
public:
  tridiagonal(std::span<const double> diagonal, std::span<const double> below)
      : inverse_pivot_(diagonal.size()), factor_(diagonal.size()) {
    double before = 0;
    for (std::size_t i = 0; i < diagonal.size(); ++i) {
      factor_[i] = i == 0 ? 0 : below[i] * before;
      const double pivot = diagonal[i] - (i == 0 ? 0 : factor_[i] * below[i]);
      log_determinant_ += std::log(pivot);
      before = inverse_pivot_[i] = 1 / pivot;
    }
  }
  /// Diagonal of the inverse, by the recursion of Takahashi, Fagan and Chen (1973).
  std::vector<double> inverse_diagonal() const {
    std::vector<double> x = inverse_pivot_;
    for (std::size_t i = x.size(); i-- > 1;)
      x[i - 1] += factor_[i] * factor_[i] * x[i];
    return x;
  }
  double log_determinant() const { return log_determinant_; }
  /// Replaces the right-hand side by the solution.
  void solve(std::vector<double> &x) const {
    for (std::size_t i = 1; i < x.size(); ++i)
      x[i] -= factor_[i] * x[i - 1];
    for (std::size_t i = x.size(); i-- > 0;)
      x[i] = x[i] * inverse_pivot_[i] - (i + 1 < x.size() ? factor_[i + 1] * x[i + 1] : 0);
  }

private:
  std::vector<double> inverse_pivot_, factor_;
  double log_determinant_ = 0;
};

} // namespace

/// Cholesky factor of a symmetric positive definite n x n matrix, in place in its lower half.
static double factorize(std::vector<double> &a, std::size_t n) {
  double log_determinant = 0;
  for (std::size_t j = 0; j < n; ++j) {
    double *const row_j = &a[j * n];
    for (std::size_t i = j; i < n; ++i) {
      double *const row_i = &a[i * n];
      double sum = row_i[j];
      for (std::size_t k = 0; k < j; ++k)
        sum -= row_i[k] * row_j[k];
      row_i[j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / row_j[j];
    }
    log_determinant += 2 * std::log(row_j[j]);
  }
  return log_determinant;
}

/// Inverse of the matrix whose Cholesky factor is given.
static std::vector<double> invert(const std::vector<double> &factor, std::size_t n) {
  // Rows of the transposed inverse of the factor, then their products.
  std::vector<double> u(n * n, 0.0), result(n * n, 0.0);
  for (std::size_t c = 0; c < n; ++c) {
    double *const column = &u[c * n];
    for (std::size_t i = c; i < n; ++i) {
      double sum = i == c ? 1 : 0;
      for (std::size_t k = c; k < i; ++k)
        sum -= factor[i * n + k] * column[k];
      column[i] = sum / factor[i * n + i];
    }
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::size_t k = i; k < n; ++k)
        sum += u[i * n + k] * u[j * n + k];
      result[i * n + j] = result[j * n + i] = sum;
    }
  return result;
}

levels::levels(std::vector<observation> observations, std::size_t variants, double least_noise,
               double drift_hint)
    : observations_(std::move(observations)), place_(variants, -1), lone_(variants, -1),
      row_(observations_.size(), -1), weights_(observations_.size(), 0.0),
      least_noise_(least_noise) {
  std::vector<std::uint32_t> samples(variants, 0);
  for (std::size_t s = 0; s < observations_.size(); ++s) {
    const std::uint32_t v = observations_[s].variant;
    lone_[v] = ++samples[v] == 1 ? static_cast<std::int32_t>(s) : -1;
  }
  std::size_t fitted = 0;
  for (std::size_t s = 0; s < observations_.size(); ++s) {
    const std::uint32_t v = observations_[s].variant;
    if (samples[v] < 2)
      continue;
    if (place_[v] < 0) {
      place_[v] = static_cast<std::int32_t>(count_.size());
      count_.push_back(samples[v]);
    }
    row_[s] = place_[v];
    weights_[s] = 1;
    ++fitted;
  }
  if (observations_.empty())
    return;
  std::vector<double> values, gaps;
  for (std::size_t s = 0; s < observations_.size(); ++s) {
    values.push_back(observations_[s].log_time);
    if (s > 0)
      gaps.push_back(observations_[s].at_s - observations_[s - 1].at_s);
  }
  center_ = median(values);
  typical_gap_ = gaps.empty() ? 1 : std::max(median(gaps), 1e-9);
  degrees_ = static_cast<double>(fitted - count_.size());

  ratio_ = std::max(drift_hint, 0.0);
  solution fit;
  if (degrees_ > 0) {
    for (int round = 0; round < weighing_rounds; ++round) {
      choose_ratio();
      fit = solve(ratio_, true);
      weigh(fit);
    }
  }
  fit = solve(ratio_, true);
  noise_ = std::max(least_noise_, degrees_ > 0 ? std::sqrt(fit.squares / degrees_) : 0.0);
  levels_ = std::move(fit.level);
  covariance_ = std::move(fit.covariance);
  influence_ = std::move(fit.influence);
  drift_variance_ = std::move(fit.drift_variance);
  adjusted_.resize(observations_.size());
  for (std::size_t s = 0; s < observations_.size(); ++s)
    adjusted_[s] = observations_[s].log_time - fit.drift[s];
}

double levels::level(std::uint32_t variant) const {
  if (place_[variant] < 0)
    return adjusted_[static_cast<std::size_t>(lone_[variant])];
  return center_ + levels_[static_cast<std::size_t>(place_[variant])];
}

/// Adds, with the sign, how the variant's level depends on errors of the rows' levels; returns the
/// variance that it has besides.
double levels::pull(std::uint32_t variant, double sign, std::vector<double> &on_rows) const {
  if (place_[variant] >= 0) {
    on_rows[static_cast<std::size_t>(place_[variant])] += sign;
    return 0;
  }
  const auto s = static_cast<std::size_t>(lone_[variant]);
  for (std::size_t i = 0; i < on_rows.size(); ++i)
    on_rows[i] += sign * influence_[s * on_rows.size() + i];
  return 1 + drift_variance_[s];
}

contrast levels::compare(std::uint32_t a, std::uint32_t b) const {
  if (a == b)
    return {0, 0};
  const std::size_t n = count_.size();
  std::vector<double> on_rows(n, 0.0);
  // Two lone samples: that the drift errs alike for both is left out, so the error is overstated.
  double variance = pull(a, 1, on_rows) + pull(b, -1, on_rows);
  for (std::size_t i = 0; i < n; ++i) {
    if (on_rows[i] == 0)
      continue;
    for (std::size_t j = 0; j < n; ++j)
      variance += on_rows[i] * on_rows[j] * covariance_[i * n + j];
  }
  return {level(a) - level(b), noise_ * std::sqrt(std::max(variance, 0.0))};
}

/// Least squares over levels and drift, with the drift's first value fixed at 0: the drift is
/// eliminated first (its matrix is tridiagonal), which leaves one dense equation per variant.
levels::solution levels::solve(double ratio, bool complete) const {
  const std::size_t n = observations_.size(), rows = count_.size();
  const bool drifts = ratio > 0 && n > 1;
  const auto row = [&](std::size_t s) { return static_cast<std::size_t>(row_[s]); };

  std::vector<double> diagonal(n, 1.0), below(n, 0.0);
  double log_prior = 0;
  if (drifts) {
    for (std::size_t s = 1; s < n; ++s) {
      const double gap = std::max(observations_[s].at_s - observations_[s - 1].at_s, 1e-9);
      const double stiffness = 1 / (ratio * gap);
      log_prior += std::log(stiffness);
      diagonal[s] = weights_[s] + stiffness;
      if (s > 1) {
        below[s] = -stiffness;
        diagonal[s - 1] += stiffness;
      }
    }
  }
  const tridiagonal drift_matrix(diagonal, below);
  // Drift that best follows the given values; the first node is the fixed one.
  const auto follow = [&](std::vector<double> &x) {
    x[0] = 0;
    drift_matrix.solve(x);
  };

  std::vector<double> matrix(rows * rows, 0.0), right(rows, 0.0), work(n);
  std::vector<double> influence(complete ? n * rows : 0);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t s = 0; s < n; ++s)
      work[s] = drifts && row_[s] == static_cast<std::int32_t>(i) ? weights_[s] : 0;
    if (drifts)
      follow(work);
    for (std::size_t s = 0; s < n; ++s) {
      if (complete)
        influence[s * rows + i] = work[s];
      if (row_[s] >= 0)
        matrix[row(s) * rows + i] += weights_[s] * ((row(s) == i ? 1 : 0) - work[s]);
    }
  }
  double squares = 0;
  for (std::size_t s = 0; s < n; ++s)
    work[s] = drifts ? weights_[s] * (observations_[s].log_time - center_) : 0;
  if (drifts)
    follow(work);
  for (std::size_t s = 0; s < n; ++s) {
    if (row_[s] < 0)
      continue;
    const double value = observations_[s].log_time - center_;
    right[row(s)] += weights_[s] * (value - work[s]);
    squares += weights_[s] * value * (value - work[s]);
  }

  solution result;
  const double log_rows = factorize(matrix, rows);
  std::vector<double> &level = result.level = right;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < i; ++k)
      level[i] -= matrix[i * rows + k] * level[k];
    level[i] /= matrix[i * rows + i];
  }
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t k = i + 1; k < rows; ++k)
      level[i] -= matrix[k * rows + i] * level[k];
    level[i] /= matrix[i * rows + i];
  }
  for (std::size_t i = 0; i < rows; ++i)
    squares -= right[i] * level[i];
  result.squares = std::max(squares, 1e-18);
  if (degrees_ > 0) {
    // The noise is profiled out, but for its lower bound, which also keeps the drift bounded where
    // few samples would explain everything by it.
    const double variance = std::max(result.squares / degrees_, least_noise_ * least_noise_);
    result.criterion = degrees_ * std::log(variance) + result.squares / variance +
                       (drifts ? drift_matrix.log_determinant() - log_prior : 0) + log_rows;
  }
  if (!complete)
    return result;

  for (std::size_t s = 0; s < n; ++s)
    work[s] = drifts && row_[s] >= 0
                  ? weights_[s] * (observations_[s].log_time - center_ - level[row(s)])
                  : 0;
  if (drifts)
    follow(work);
  result.drift = std::move(work);
  result.covariance = invert(matrix, rows);
  result.influence = std::move(influence);
  result.drift_variance.assign(n, 0.0);
  if (drifts) {
    result.drift_variance = drift_matrix.inverse_diagonal();
    result.drift_variance[0] = 0;
  }
  return result;
}

/// Walks from the present drift ratio to the nearest best one.
void levels::choose_ratio() {
  const auto at = [&](double ratio) { return solve(ratio, false).criterion; };
  const double low = least_ratio / typical_gap_, high = most_ratio / typical_gap_;
  if (ratio_ <= 0)
    ratio_ = 1 / typical_gap_;
  ratio_ = std::clamp(ratio_, low, high);
  double best = at(ratio_);
  for (const double step : {ratio_step, 1 / ratio_step}) {
    bool moved = false;
    for (double next = ratio_ * step; next > low && next < high; next *= step) {
      const double value = at(next);
      if (value >= best)
        break;
      best = value;
      ratio_ = next;
      moved = true;
    }
    if (moved)
      break;
  }
}

void levels::weigh(const solution &fit) {
  const auto row = [&](std::size_t s) { return static_cast<std::size_t>(row_[s]); };
  // A variant's own samples pull its level along: n samples show only (n - 1) / n of the variance.
  std::vector<double> residuals(observations_.size(), 0.0), seen;
  for (std::size_t s = 0; s < observations_.size(); ++s) {
    if (row_[s] < 0)
      continue;
    const double n = count_[row(s)];
    residuals[s] = (observations_[s].log_time - center_ - fit.level[row(s)] - fit.drift[s]) *
                   std::sqrt(n / (n - 1));
    seen.push_back(std::abs(residuals[s]));
  }
  const double scale = std::max(least_noise_, 1.4826 * median(seen));
  for (std::size_t s = 0; s < observations_.size(); ++s) {
    if (row_[s] < 0)
      continue;
    const double z = std::abs(residuals[s]) / scale;
    weights_[s] = z <= outlier_limit ? 1 : (outlier_limit / z) * (outlier_limit / z);
  }
}

} // namespace tl::rt::measure
