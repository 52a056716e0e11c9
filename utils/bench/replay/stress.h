// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The race on devices other than the one that its constants were chosen on.

#ifndef TL_UTILS_BENCH_REPLAY_STRESS_H
#define TL_UTILS_BENCH_REPLAY_STRESS_H

#include "procedures.h"
#include "recorded_space.h"

#include <vector>

namespace tl::replay {

/// Which devices are made up.
enum class devices {
  any,   ///< other noise, delays, drift, first calls, kernel lengths and sizes
  brief, ///< kernels of 10 to 20 us, 5 to 7 % noise, first calls 2 to 3.4 times as long, coarse
         ///< timers
};

/// Over all devices.
struct stress_result {
  double hits = 0, passes = 0, timed_s = 0; ///< means; the time is that of a session's launches
  double worst = 1;                         ///< least share of hits on a device
  /// Share of hits among all sessions that state 0.99 or more, and the least of a space.
  double sure_hits = 0, worst_sure_hits = 1;
};

/// Races `sessions` subsets of each space on each of `number` random devices, and prints a line
/// per device (those with the worst result against what the race stated first) and means.
stress_result print_stress(const std::vector<recorded_space> &spaces, devices which, int number,
                           int sessions, unsigned threads);

/// The same without printing, of changed races.
stress_result measure_stress(const std::vector<recorded_space> &spaces, devices which, int number,
                             int sessions, unsigned threads, const race_change &change);

} // namespace tl::replay

#endif
