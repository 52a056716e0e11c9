// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers that stand in databases. NEVER RENUMBER, never reuse: old files keep them for ever. New
// values are appended. docs/database.md explains them; a test compares the two.

#ifndef TL_RUNTIME_STORE_SCHEMA_H
#define TL_RUNTIME_STORE_SCHEMA_H

#include "runtime/domain/trial_status.h"

#include <cstdint>
#include <string_view>

namespace tl::rt::store {

/// PRAGMA user_version of the files that this runtime writes.
inline constexpr int schema_version = 6;

/// PRAGMA application_id: "TLat". Tells our files from other programs' SQLite files.
inline constexpr std::int32_t application_id = 0x544c6174;

/// trials.status.
using rt::trial_status;

/// sessions.state.
enum class session_state : int {
  running = 0,   ///< going on, or killed in the middle (then it is continued)
  finished = 1,  ///< ended by the stopping rule
  budget = 2,    ///< ran out of budget, or is not sure; continued next time
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

using rt::to_string;
std::string_view to_string(session_state state);
std::string_view to_string(measure_mode mode);
std::string_view to_string(winner_state state);

} // namespace tl::rt::store

#endif
