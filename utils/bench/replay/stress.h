// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The race on devices other than the one that its constants were chosen on.

#ifndef TL_UTILS_BENCH_REPLAY_STRESS_H
#define TL_UTILS_BENCH_REPLAY_STRESS_H

#include "recorded_space.h"

#include <vector>

namespace tl::replay {

/// Means over all devices.
struct stress_result {
  double hits = 0, passes = 0;
};

/// Races `sessions` subsets of each space on each of `devices` random devices, and prints a line
/// per device (those with the worst result against what the race stated first) and means.
stress_result print_stress(const std::vector<recorded_space> &spaces, int devices, int sessions,
                           unsigned threads);

} // namespace tl::replay

#endif
