// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_TUNER_SESSION_RESULT_H
#define TL_RUNTIME_TUNER_SESSION_RESULT_H

#include "runtime/store/store.h"

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
  bool unsure = false; ///< to be continued because of its confidence, and not of its budget
  std::uint32_t carried_over = 0;   ///< how many of them an earlier run had finished
  double seconds = 0;               ///< wall time of this run of the session [s]
  double passes = 0;                ///< see measure::race
  double sustained_ns = 0;          ///< of the winner, alone for long; 0: not measured [ns]
  std::string compared;             ///< what the variants were compared on, "": nothing
  std::vector<std::string> remarks; ///< what may be wrong with the space or the measurement
  std::string failure;              ///< why there is no winner, "" where there is one
  /// Trials tell nothing about any problem of this factory: it waits for threads that they lack.
  bool waits_for_program = false;
};

} // namespace tl::rt

#endif
