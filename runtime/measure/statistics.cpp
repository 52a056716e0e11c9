// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace tl::rt::measure {

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values)
    sum += value;
  return sum / static_cast<double>(values.size());
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

double absolute_deviation(std::span<const double> values, double center) {
  std::vector<double> distances;
  distances.reserve(values.size());
  for (const double value : values)
    distances.push_back(std::abs(value - center));
  return median(distances);
}

double quantile(std::span<const double> values, double p) {
  if (values.empty())
    return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> sorted(values.begin(), values.end());
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(sorted.begin(), at, sorted.end());
  const double low = *at;
  if (below + 1 == sorted.size())
    return low;
  const double high = *std::min_element(at + 1, sorted.end());
  return low + (place - static_cast<double>(below)) * (high - low);
}

double robust_deviation(std::span<const double> values) {
  return 1.4826 * absolute_deviation(values, median(values));
}

/// Continued fraction of the incomplete beta function (DLMF 8.17.22), evaluated by Lentz's method.
static double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < tiny ? tiny : d);
  double result = d;
  for (int m = 1; m <= 500; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double step = 1;
    for (const double term : {even, odd}) {
      d = 1 + term * d;
      d = 1 / (std::abs(d) < tiny ? tiny : d);
      c = 1 + term / c;
      c = std::abs(c) < tiny ? tiny : c;
      step = c * d;
      result *= step;
    }
    if (std::abs(step - 1) < 1e-15)
      break;
  }
  return result;
}

/// Regularised incomplete beta function I_x(a, b).
static double incomplete_beta(double a, double b, double x) {
  if (x <= 0)
    return 0;
  if (x >= 1)
    return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  // The fraction converges quickly below the mean only; beyond it, use the symmetry.
  if (x < (a + 1) / (a + b + 2))
    return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_cdf(double t, double degrees) {
  if (std::isnan(t))
    return t;
  // Beyond a million degrees of freedom the difference from the normal distribution is below 1e-6.
  if (degrees > 1e6)
    return 0.5 * std::erfc(-t / std::sqrt(2.0));
  if (std::isinf(t))
    return t > 0 ? 1 : 0;
  const double tail = 0.5 * incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
  return t > 0 ? 1 - tail : tail;
}

double student_quantile(double p, double degrees) {
  if (p == 0.5)
    return 0;
  if (p > 0.5)
    return -student_quantile(1 - p, degrees);
  double low = -1;
  while (student_cdf(low, degrees) > p && low > -1e150)
    low *= 2;
  double high = 0;
  for (int i = 0; i < 200 && high - low > 1e-12 * std::max(1.0, -low); ++i) {
    const double middle = 0.5 * (low + high);
    (student_cdf(middle, degrees) > p ? high : low) = middle;
  }
  return 0.5 * (low + high);
}

} // namespace tl::rt::measure
