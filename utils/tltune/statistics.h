// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What reports say about a trial's samples.

#ifndef TL_TOOL_STATISTICS_H
#define TL_TOOL_STATISTICS_H

#include <span>
#include <vector>

namespace tl::tool {

struct interval {
  double low = 0;
  double high = 0;
};

/// Quantile q in [0, 1] of sorted values, linear between neighbours (Hyndman and Fan's type 7).
/// 0 for no values.
double quantile(std::span<const double> sorted, double q);

double median(std::vector<double> values);

/// 1.4826 times the median absolute deviation: estimates the standard deviation of normal samples.
double spread(const std::vector<double> &values);

/// Interval that holds the true median with probability of at least 95 %, from order statistics (no
/// distribution assumed; samples must be independent). Below six samples there is none: then it is
/// the range of the samples.
interval median_interval(std::span<const double> sorted);

} // namespace tl::tool

#endif
