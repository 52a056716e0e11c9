// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "levels.h"
#include "linear.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tl::rt::measure {

/// Variance of an observation that is the only one of the drift at its moment [ln^2].
static constexpr double unknown = 1;

/// Least squares over levels, shift and drift: the drift is eliminated first (its matrix is
/// tridiagonal), which leaves one dense equation per joint variant and one for the shift.
levels::levels(std::span<const weighed> observations, const std::vector<bool> &joint,
               const drift_process &drift, double spread)
    : place_(joint.size(), -1), lone_(joint.size()), drift_(observations.size(), 0.0),
      opinions_(observations.size(), {0, unknown}) {
  const std::size_t n = observations.size();
  std::size_t variants = 0;
  std::vector<double> values, weight(n, 0.0), at_s;
  bool shifted = false;
  for (std::size_t s = 0; s < n; ++s) {
    const weighed &o = observations[s];
    at_s.push_back(o.at_s);
    if (!joint[o.variant])
      continue;
    if (place_[o.variant] < 0)
      place_[o.variant] = static_cast<std::int32_t>(variants++);
    weight[s] = 1 / o.variance;
    values.push_back(o.log_time);
    shifted = shifted || o.first_call;
  }
  if (variants == 0)
    return;
  center_ = median(values);
  const std::size_t rows = variants + 1; // the shift last
  const auto row = [&](std::size_t s) {
    return static_cast<std::size_t>(place_[observations[s].variant]);
  };

  drift_precision prior = precision_of(drift, at_s);
  for (std::size_t s = 0; s < n; ++s)
    prior.diagonal[s] += weight[s];
  const tridiagonal drift_matrix(prior.diagonal, prior.below);

  // How the drift at an observation follows a row's level.
  std::vector<double> influence(n * rows);
  std::vector<double> matrix(rows * rows, 0.0), right(rows, 0.0), work(n);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto concerns = [&](std::size_t s) {
      return weight[s] > 0 && (i == variants ? observations[s].first_call : row(s) == i);
    };
    for (std::size_t s = 0; s < n; ++s)
      work[s] = concerns(s) ? weight[s] : 0;
    drift_matrix.solve(work);
    for (std::size_t s = 0; s < n; ++s) {
      influence[s * rows + i] = work[s];
      if (weight[s] == 0)
        continue;
      const double pull = weight[s] * ((concerns(s) ? 1 : 0) - work[s]);
      matrix[row(s) * rows + i] += pull;
      if (observations[s].first_call)
        matrix[variants * rows + i] += pull;
    }
    if (i < variants)
      matrix[i * rows + i] += 1 / (spread * spread);
  }
  if (!shifted)
    matrix[variants * rows + variants] = 1;
  for (std::size_t s = 0; s < n; ++s)
    work[s] = weight[s] * (observations[s].log_time - center_);
  drift_matrix.solve(work);
  for (std::size_t s = 0; s < n; ++s) {
    if (weight[s] == 0)
      continue;
    const double pull = weight[s] * (observations[s].log_time - center_ - work[s]);
    right[row(s)] += pull;
    if (observations[s].first_call)
      right[variants] += pull;
  }
  factorize(matrix, rows);
  solve(matrix, right);
  covariance_ = invert(matrix, rows);
  rows_ = std::move(right);

  drift_ = std::move(work);
  for (std::size_t s = 0; s < n; ++s)
    for (std::size_t i = 0; i < rows; ++i)
      drift_[s] -= influence[s * rows + i] * rows_[i];

  const std::vector<double> drift_variance = drift_matrix.inverse_diagonal();
  for (std::size_t s = 0; s < n; ++s) {
    const weighed &o = observations[s];
    const double shift = o.first_call ? rows_[variants] : 0;
    double others = drift_[s], variance = drift_variance[s];
    if (weight[s] > 0) {
      // Without this observation: take its precision out again.
      const double precision = 1 / drift_variance[s] - weight[s];
      if (precision * drift_variance[s] < 1e-9) {
        opinions_[s] = {o.log_time - shift, unknown};
        continue;
      }
      variance = 1 / precision;
      others = variance * (drift_[s] / drift_variance[s] -
                           weight[s] * (o.log_time - center_ - shift - rows_[row(s)]));
    }
    opinions_[s] = {o.log_time - others - shift, o.variance + variance};
  }
  place_lone(observations, influence, drift_variance);
}

void levels::place_lone(std::span<const weighed> observations, std::span<const double> influence,
                        std::span<const double> drift_variance) {
  const std::size_t rows = rows_.size();
  for (std::size_t s = 0; s < observations.size(); ++s) {
    const weighed &o = observations[s];
    if (place_[o.variant] >= 0)
      continue;
    alone &a = lone_[o.variant];
    const double precision = 1 / (o.variance + drift_variance[s]);
    const double before = a.seen.variance > 0 ? 1 / a.seen.variance : 0;
    const double share = precision / (before + precision);
    const double value = o.log_time - center_ - drift_[s] - (o.first_call ? rows_.back() : 0);
    a.seen.level += share * (value - a.seen.level);
    a.seen.variance = 1 / (before + precision);
    a.pull.resize(rows, 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      // The drift gives way as the levels rise: what errs there errs here the other way.
      const double moved = influence[s * rows + i] - (o.first_call && i + 1 == rows ? 1 : 0);
      a.pull[i] += share * (moved - a.pull[i]);
    }
  }
}

estimate levels::of(std::uint32_t variant) const {
  if (place_[variant] < 0)
    return {center_ + lone_[variant].seen.level, lone_[variant].seen.variance};
  const auto i = static_cast<std::size_t>(place_[variant]);
  return {center_ + rows_[i], covariance_[i * rows_.size() + i]};
}

contrast levels::compare(std::uint32_t a, std::uint32_t b) const {
  if (a == b)
    return {0, 0};
  const std::size_t rows = rows_.size();
  std::vector<double> on_rows(rows, 0.0);
  // Two lone ones: that the drift errs alike for both is left out, so the error is overstated.
  double variance = 0;
  for (const auto &[v, sign] : {std::pair{a, 1.0}, std::pair{b, -1.0}}) {
    if (place_[v] >= 0) {
      on_rows[static_cast<std::size_t>(place_[v])] += sign;
      continue;
    }
    variance += lone_[v].seen.variance;
    for (std::size_t i = 0; i < lone_[v].pull.size(); ++i)
      on_rows[i] += sign * lone_[v].pull[i];
  }
  for (std::size_t i = 0; i < rows; ++i) {
    if (on_rows[i] == 0)
      continue;
    for (std::size_t j = 0; j < rows; ++j)
      variance += on_rows[i] * on_rows[j] * covariance_[i * rows + j];
  }
  return {of(a).level - of(b).level, std::sqrt(std::max(variance, 0.0))};
}

} // namespace tl::rt::measure
