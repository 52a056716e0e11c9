// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One tuning session: every eligible variant of a factory is probed on one problem, the right and
// fast ones are raced, and the winner is stored. docs/measurement.md describes the procedure.

#ifndef TL_RUNTIME_TUNER_SESSION_H
#define TL_RUNTIME_TUNER_SESSION_H

#include "runtime/backend/backend.h"
#include "runtime/store/store.h"

#include <tl/abi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tl::rt {

/// What a session found, for the report, the programmatic tuner and the dispatcher.
struct session_result {
  std::uint32_t variant;               ///< to run from now on; the default where nothing won
  std::optional<store::winner> winner; ///< empty where no variant survived
  store::session_state state = store::session_state::abandoned;
  std::vector<store::trial> trials; ///< all of them, those of earlier runs of the session too
  std::uint32_t carried_over = 0;   ///< how many of them an earlier run had finished
  double seconds = 0;               ///< wall time of this run of the session [s]
  double passes = 0;                ///< see measure::race
  std::string failure;              ///< why there is no winner, "" where there is one
};

/// The options that count for a call: the attribute's, overridden by the environment's.
tl_options effective_options(const tl_factory &factory);

/// Tunes on the calling thread, in the session that the store has begun for this problem. Journals
/// each trial before it starts and after it ends. Never throws but std::bad_alloc.
session_result run_session(const tl_factory &factory, const tl_call &call, backend &on,
                           const store::session &session, const tl_options &options, bool cold);

} // namespace tl::rt

#endif
