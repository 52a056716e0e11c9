// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One tuning session: every eligible variant of a factory is probed on one problem, the right and
// fast ones are raced, and the winner is stored. docs/measurement.md describes the procedure.

#ifndef TL_RUNTIME_TUNER_SESSION_H
#define TL_RUNTIME_TUNER_SESSION_H

#include "runtime/backend/backend.h"
#include "runtime/tuner/session_result.h"
#include "runtime/tuner/world.h"

#include <tl/abi.h>

namespace tl::rt {

/// The options that count for a call: the attribute's, overridden by the environment's.
tl_options effective_options(const tl_factory &factory, const controls &controls);

/// Tunes on the calling thread, in the session that the store has begun for this problem. Journals
/// each trial before it starts and after it ends. Never throws but std::bad_alloc.
session_result run_session(const world &in, const tl_factory &factory, const tl_call &call,
                           backend &on, const store::session &session, const tl_options &options,
                           bool cold);

} // namespace tl::rt

#endif
