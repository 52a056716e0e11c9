// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a trial ended. The numbers stand in databases. NEVER RENUMBER, never reuse: old files keep
// them for ever. New values are appended. docs/database.md explains them; a test compares the two.

#ifndef TL_RUNTIME_DOMAIN_TRIAL_STATUS_H
#define TL_RUNTIME_DOMAIN_TRIAL_STATUS_H

#include <string_view>

namespace tl::rt {

enum class trial_status : int {
  running = 0,    ///< journaled as started and not ended
  measured = 1,   ///< ran, right, timed
  wrong = 2,      ///< results differ from the reference, or the user's check said no
  crashed = 3,    ///< the worker died of a signal
  timed_out = 4,  ///< over the hard limit for one trial
  threw = 5,      ///< an exception left the variant
  exited = 6,     ///< the variant ended its process (exit, _exit, quick_exit)
  infeasible = 7, ///< cannot run here (launch limits, shared memory, a missing feature); never ran
  device_error = 8,   ///< the device reported an error during or after the run
  cut = 9,            ///< right, but too slow to be worth more time
  lost = 10,          ///< was running when the tuning process was killed
  inconsistent = 11,  ///< runs on the same inputs disagree (check_repeat)
  out_of_bounds = 12, ///< wrote outside its buffers
  out_of_memory = 13, ///< ran into a memory limit
  not_eligible = 14,  ///< ruled out by `eligible` for this problem; never ran
  harness_error = 15, ///< the tuner itself could not run it (no worker, no copy of a buffer)
  stopped = 16,       ///< ended with the session's budget, without an outcome
};

/// The word for it in databases, logs and reports: "measured", "timed_out".
std::string_view to_string(trial_status status);

} // namespace tl::rt

#endif
