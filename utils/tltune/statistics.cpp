// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "statistics.h"

#include <algorithm>
#include <cmath>

namespace tl::tool {

double quantile(std::span<const double> sorted, double q) {
  if (sorted.empty())
    return 0;
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

double spread(const std::vector<double> &values) {
  const double middle = median(values);
  std::vector<double> deviations;
  for (const double value : values)
    deviations.push_back(std::abs(value - middle));
  return 1.4826 * median(std::move(deviations));
}

interval median_interval(std::span<const double> sorted) {
  if (sorted.empty())
    return {};
  // The number of samples below the median is binomial(n, 1/2). The largest k with
  // P(count < k) <= 2.5 % gives the interval from the k-th smallest to the k-th largest.
  const double n = static_cast<double>(sorted.size());
  double cumulative = 0;
  std::size_t k = 0;
  for (std::size_t i = 0; i < sorted.size() / 2; ++i) {
    const double x = static_cast<double>(i);
    cumulative += std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) -
                           n * std::log(2.0));
    if (cumulative > 0.025)
      break;
    k = i + 1;
  }
  if (k == 0)
    return {sorted.front(), sorted.back()};
  return {sorted[k - 1], sorted[sorted.size() - k]};
}

} // namespace tl::tool
