// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The few statistics that measuring needs. All functions are pure.

#ifndef TL_RUNTIME_MEASURE_STATISTICS_H
#define TL_RUNTIME_MEASURE_STATISTICS_H

#include <span>

namespace tl::rt::measure {

/// Arithmetic mean; NaN of nothing.
double mean(std::span<const double> values);

/// Middle value, or the mean of the two middle ones; NaN of nothing.
double median(std::span<const double> values);

/// Median of the absolute distances from `center`; NaN of nothing.
double absolute_deviation(std::span<const double> values, double center);

/// `p` quantile, 0 <= p <= 1, with linear interpolation (definition 7 of Hyndman and Fan, "Sample
/// quantiles in statistical packages", 1996); NaN of nothing.
double quantile(std::span<const double> values, double p);

/// Robust standard deviation: 1.4826 times the median absolute deviation from the median (the
/// factor makes it the standard deviation of normal samples); NaN of nothing.
double robust_deviation(std::span<const double> values);

/// P(T <= t) of Student's distribution with `degrees` > 0 degrees of freedom; infinite means
/// normal.
double student_cdf(double t, double degrees);

/// The t with student_cdf(t, degrees) = p, 0 < p < 1.
double student_quantile(double p, double degrees);

} // namespace tl::rt::measure

#endif
