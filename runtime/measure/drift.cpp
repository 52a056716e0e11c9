// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "drift.h"

#include <algorithm>
#include <cmath>

namespace tl::rt::measure {

/// Moments are kept this far apart, so that the matrix stays regular [s].
static constexpr double least_gap_s = 1e-9;

drift_precision precision_of(const drift_process &drift, const std::vector<double> &at_s) {
  const std::size_t n = at_s.size();
  drift_precision p{std::vector<double>(n, 0.0), std::vector<double>(n, 0.0), 0};
  const double variance = drift.variance();
  for (std::size_t s = 0; s < n; ++s) {
    double kept = 0, stiffness = 1 / variance;
    if (s > 0) {
      const double gap = std::max(at_s[s] - at_s[s - 1], least_gap_s);
      kept = std::exp(-gap / drift.memory_s);
      stiffness = 1 / (variance * -std::expm1(-2 * gap / drift.memory_s));
      p.below[s] = -kept * stiffness;
      p.diagonal[s - 1] += kept * kept * stiffness;
    }
    p.diagonal[s] = stiffness;
    p.log_determinant += std::log(stiffness);
  }
  return p;
}

} // namespace tl::rt::measure
