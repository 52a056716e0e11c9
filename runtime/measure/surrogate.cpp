// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "surrogate.h"
#include "linear.h"

#include <algorithm>
#include <cmath>

namespace tl::rt::measure {

/// Variance of what the axes do not explain, noise included, over that of the values.
static constexpr double nugget = 0.02;
/// Weights that are tried, in steps of this factor.
static constexpr float least = 0.02f, most = 8, step = 3;
/// Configs that the weights are learned from at most.
static constexpr std::size_t most_learned = 100;

surrogate::surrogate(std::span<const std::vector<double>> points) {
  for (std::size_t i = 0; !points.empty() && i < points.front().size(); ++i) {
    double low = points.front()[i], high = low;
    for (const std::vector<double> &it : points) {
      low = std::min(low, it[i]);
      high = std::max(high, it[i]);
    }
    if (low == high)
      continue;
    const bool sizes = low > 0;
    scales_.push_back({i, sizes, sizes ? std::log(low) : low, sizes ? std::log(high) : high});
  }
  axes_ = scales_.size();
  add(points);
  differs_.assign(axes_, 0.1f);
  steps_.assign(axes_, 0.5f);
}

void surrogate::add(std::span<const std::vector<double>> points) {
  for (const std::vector<double> &it : points)
    for (const axis &on : scales_) {
      const double value = on.sizes ? std::log(it[on.index]) : it[on.index];
      coordinates_.push_back(static_cast<float>((value - on.from) / (on.to - on.from)));
    }
}

double surrogate::alike(std::uint32_t a, std::uint32_t b) const {
  const float *x = point(a), *y = point(b);
  float apart = 0;
  for (std::size_t i = 0; i < axes_; ++i) {
    const float off = std::abs(x[i] - y[i]);
    apart += (off > 0 ? differs_[i] : 0.0f) + steps_[i] * off;
  }
  return std::exp(-apart);
}

double surrogate::distance(std::uint32_t a, std::uint32_t b) const {
  const float *x = point(a), *y = point(b);
  float apart = 0;
  for (std::size_t i = 0; i < axes_; ++i)
    apart += std::abs(x[i] - y[i]);
  return apart;
}

/// -2 ln of the marginal likelihood of values with mean 0, their variance profiled out.
double surrogate::likelihood(std::span<const std::uint32_t> tried,
                             std::span<const double> values) const {
  const std::size_t n = tried.size();
  std::vector<double> matrix(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j)
      matrix[i * n + j] = alike(tried[i], tried[j]);
    matrix[i * n + i] = 1 + nugget;
  }
  const double log_determinant = factorize(matrix, n);
  std::vector<double> solved(values.begin(), values.end());
  solve(matrix, solved);
  double squares = 1e-12;
  for (std::size_t i = 0; i < n; ++i)
    squares += values[i] * solved[i];
  const auto count = static_cast<double>(n);
  return count * std::log(squares / count) + log_determinant;
}

/// Moves one weight after the other by a step where that is more likely. Weights are learned again
/// and again, from where they are.
void surrogate::learn(std::span<const std::uint32_t> tried, std::span<const double> values) {
  // The best ones matter most, and some of the others.
  std::vector<std::size_t> order(tried.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  if (order.size() > most_learned) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    const std::size_t good = most_learned * 2 / 3, rest = order.size() - good;
    for (std::size_t i = good; i < most_learned; ++i)
      order[i] = order[good + (i - good) * rest / (most_learned - good)];
    order.resize(most_learned);
  }
  std::vector<std::uint32_t> some;
  std::vector<double> of;
  for (const std::size_t i : order) {
    some.push_back(tried[i]);
    of.push_back(values[i]);
  }
  double best = likelihood(some, of);
  for (std::vector<float> *weights : {&steps_, &differs_})
    for (float &weight : *weights)
      for (const float factor : {step, 1 / step}) {
        const float before = weight;
        weight = std::clamp(weight * factor, least, most);
        const double now = weight == before ? best : likelihood(some, of);
        if (now < best) {
          best = now;
          break;
        }
        weight = before;
      }
}

void surrogate::fit(std::span<const std::uint32_t> tried, std::span<const double> values,
                    bool learn_weights) {
  const std::size_t n = tried.size();
  tried_.assign(tried.begin(), tried.end());
  mean_ = 0;
  for (const double it : values)
    mean_ += it / static_cast<double>(n);
  std::vector<double> centered;
  for (const double it : values)
    centered.push_back(it - mean_);
  if (learn_weights)
    learn(tried, centered);
  factor_.resize(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j)
      factor_[i * n + j] = alike(tried[i], tried[j]);
    factor_[i * n + i] = 1 + nugget;
  }
  factorize(factor_, n);
  weights_ = centered;
  solve(factor_, weights_);
  double squares = 1e-12;
  for (std::size_t i = 0; i < n; ++i)
    squares += centered[i] * weights_[i];
  scale_ = std::sqrt(squares / static_cast<double>(n));
}

double surrogate::mean(std::uint32_t v) const {
  double sum = mean_;
  for (std::size_t i = 0; i < tried_.size(); ++i)
    sum += weights_[i] * alike(v, tried_[i]);
  return sum;
}

belief surrogate::at(std::uint32_t v) const {
  const std::size_t n = tried_.size();
  std::vector<double> row(n);
  double sum = mean_, explained = 0;
  for (std::size_t i = 0; i < n; ++i) {
    row[i] = alike(v, tried_[i]);
    sum += weights_[i] * row[i];
  }
  // Half of a solve: L z = k, then the explained variance is z'z.
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k)
      row[i] -= factor_[i * n + k] * row[k];
    row[i] /= factor_[i * n + i];
    explained += row[i] * row[i];
  }
  return {sum, scale_ * std::sqrt(std::max(1 - explained, 0.0))};
}

} // namespace tl::rt::measure
