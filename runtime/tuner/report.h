// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a session says when it ends.

#ifndef TL_RUNTIME_TUNER_REPORT_H
#define TL_RUNTIME_TUNER_REPORT_H

#include "runtime/support/environment.h"
#include "runtime/tuner/session_result.h"

#include <tl/abi.h>

#include <string>

namespace tl::rt {

/// One paragraph: winner, default, speed-up, margin to the runner-up, confidence, rejected variants
/// by reason.
std::string describe_session(const tl_factory &factory, const tl_call &call,
                             const session_result &result);

/// Says describe_session() at level info, and where progress was to be shown.
void report_session(const tl_factory &factory, const tl_call &call, const session_result &result,
                    progress_mode progress);

/// The line of `autotune.log` for one trial.
std::string describe_trial(const tl_factory &factory, const tl_call &call,
                           const store::trial &trial);

} // namespace tl::rt

#endif
