// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each part of the race is good for.

#ifndef TL_UTILS_BENCH_REPLAY_ABLATION_H
#define TL_UTILS_BENCH_REPLAY_ABLATION_H

#include "recorded_space.h"

#include <vector>

namespace tl::replay {

/// Replays the race as it is and with one of its parts left out at a time, and prints a line for
/// each: `sessions` of 64 configs per space on a device that drifts by 3 %, and half as many on
/// each of two made-up devices with short kernels.
void print_ablation(const std::vector<recorded_space> &spaces, int sessions, unsigned threads);

} // namespace tl::replay

#endif
