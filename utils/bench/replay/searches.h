// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How good the best config is that a search has come across after so many trials.

#ifndef TL_UTILS_BENCH_REPLAY_SEARCHES_H
#define TL_UTILS_BENCH_REPLAY_SEARCHES_H

#include "recorded_space.h"

#include <vector>

namespace tl::replay {

/// Over all spaces.
struct search_result {
  /// Median regret of the model after 100 trials over that of local search.
  double model_over_local = 0;
  /// Share of the model's sessions that are within 5 % after 200 trials, of the worst space.
  double within_5 = 1;
  double proposal_ms = 0; ///< the model's own time for a proposal, of the slowest space [ms]
};

/// Prints median regrets of random, local and model search over `sessions` sessions per space.
/// A trial is a config of the space, also one that fails. Each session starts at a random working
/// config as the default.
search_result print_searches(const std::vector<recorded_space> &spaces, int sessions,
                             unsigned threads);

} // namespace tl::replay

#endif
