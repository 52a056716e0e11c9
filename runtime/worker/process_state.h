// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a function can change for its whole thread or process without writing to its arguments.

#ifndef TL_RUNTIME_WORKER_PROCESS_STATE_H
#define TL_RUNTIME_WORKER_PROCESS_STATE_H

#include <string>

namespace tl::rt {

/// Keeps the state that a variant should leave alone, as it is now on this thread.
void remember_process_state();

/// Puts it back: signal actions, signal mask, floating-point control, working directory, file mode
/// mask. What was found changed ("left the rounding mode changed"), "" when nothing was.
std::string repair_process_state();

/// Floating-point control of this thread (rounding, traps, flushing of denormals), not its flags.
unsigned long floating_point_control() noexcept;
void set_floating_point_control(unsigned long control) noexcept;

} // namespace tl::rt

#endif
