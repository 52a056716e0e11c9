// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why a worker has died, in words.

#ifndef TL_RUNTIME_WORKER_WORKER_DEATH_H
#define TL_RUNTIME_WORKER_WORKER_DEATH_H

#include "runtime/domain/trial_status.h"
#include "runtime/worker/worker_channels.h"

#include <string>

namespace tl::rt {

/// How a process ended, as the system says.
struct process_end {
  bool known = false; ///< false when somebody else collected the process
  int code = 0;       ///< CLD_EXITED, CLD_KILLED, CLD_DUMPED
  int status = 0;     ///< exit status or signal

  bool by_signal() const;
};

struct death {
  trial_status status = trial_status::crashed;
  std::string reason;
};

/// From what the system says, what the worker has left in the black box, and what it has printed.
death explain_death(const process_end &end, const worker_channels &channels);

/// "signal 11 (segmentation fault)".
std::string signal_text(int signal);

} // namespace tl::rt

#endif
