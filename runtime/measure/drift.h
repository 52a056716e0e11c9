// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a device's speed is taken to drift: an Ornstein-Uhlenbeck process. It wanders, and forgets
// within its memory where it was; with a long memory it is a random walk.

#ifndef TL_RUNTIME_MEASURE_DRIFT_H
#define TL_RUNTIME_MEASURE_DRIFT_H

#include <cstddef>
#include <vector>

namespace tl::rt::measure {

/// A drift of ln(time).
struct drift_process {
  double rate = 0;       ///< variance gathered per second while short against the memory [1/s]
  double memory_s = 100; ///< after which it has forgotten most [s]

  /// Variance over long times.
  double variance() const { return rate * memory_s / 2; }
};

/// Inverse of the covariance of the drift at given moments: a symmetric tridiagonal matrix.
struct drift_precision {
  std::vector<double> diagonal, below; ///< `below[i]` stands left of `diagonal[i]`
  double log_determinant = 0;
};

/// Of `drift`, with a rate above 0, at moments in order [s].
drift_precision precision_of(const drift_process &drift, const std::vector<double> &at_s);

} // namespace tl::rt::measure

#endif
