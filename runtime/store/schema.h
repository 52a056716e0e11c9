// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers that stand in databases. NEVER RENUMBER, never reuse: old files keep them for ever. New
// values are appended. docs/database.md explains them; a test compares the two.

#ifndef TL_RUNTIME_STORE_SCHEMA_H
#define TL_RUNTIME_STORE_SCHEMA_H

#include <cstdint>
#include <string_view>

namespace tl::rt::store {

/// PRAGMA user_version of the files that this runtime writes.
inline constexpr int schema_version = 2;

/// PRAGMA application_id: "TLat". Tells our files from other programs' SQLite files.
inline constexpr std::int32_t application_id = 0x544c6174;

/// trials.status: how a trial ended.
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
};

/// sessions.state.
enum class session_state : int {
  running = 0,   ///< going on, or killed in the middle (then it is continued)
  finished = 1,  ///< ended by the stopping rule
  budget = 2,    ///< ran out of budget; continued next time
  abandoned = 3, ///< given up in favour of a new session, or ended by an error
};

/// problems.mode: what was asked.
enum class measure_mode : int {
  cold = 0, ///< caches flushed before each sample
  hot = 1,  ///< caches as the previous run left them
};

/// winners.state.
enum class winner_state : int {
  provisional = 0, ///< the best so far of a session that is not finished
  final = 1,
};

std::string_view to_string(trial_status status);
std::string_view to_string(session_state state);
std::string_view to_string(measure_mode mode);
std::string_view to_string(winner_state state);

} // namespace tl::rt::store

#endif
