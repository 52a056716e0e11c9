// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How good the best config is that the search of spaces that are never listed comes across.

#ifndef TL_UTILS_BENCH_REPLAY_ON_DEMAND_H
#define TL_UTILS_BENCH_REPLAY_ON_DEMAND_H

#include "recorded_space.h"

#include <vector>

namespace tl::replay {

/// Prints regrets over `sessions` sessions per space of random choice, local search and the model.
/// The recorded configs are what the predicate admits of all combinations of the axes' values. Two
/// batches are under way, as while others are compiled. The share of the model's sessions over all
/// spaces that end within 5 % of the best after 300 trials.
double print_on_demand(const std::vector<recorded_space> &spaces, int sessions, unsigned threads);

} // namespace tl::replay

#endif
