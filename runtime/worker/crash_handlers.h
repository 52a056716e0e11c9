// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signal handlers of a worker: they leave what happened in the black box and end the process.

#ifndef TL_RUNTIME_WORKER_CRASH_HANDLERS_H
#define TL_RUNTIME_WORKER_CRASH_HANDLERS_H

#include "runtime/worker/black_box.h"

#include <csignal>

namespace tl::rt {

inline constexpr int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

/// Gives every signal its default action: the program's handlers are not for a worker.
void reset_signal_handlers() noexcept;

/// Installs the handlers, with a stack of their own for the calling thread, whose stack's end is
/// remembered, so that running over it is told from other faults.
void install_crash_handlers() noexcept;

/// Puts every signal's action back as the two functions above have left it. The first signal whose
/// action was found changed, 0 for none.
int repair_signal_handlers() noexcept;

/// Async-signal-safe.
using fault_filter = bool (*)(void *address) noexcept;

/// Asked first when a worker gets SIGSEGV or SIGBUS because of a write to `address`; true: go on.
void set_fault_filter(fault_filter filter) noexcept;

/// This worker's black box, null outside a worker.
black_box *own_black_box() noexcept;

} // namespace tl::rt

#endif
