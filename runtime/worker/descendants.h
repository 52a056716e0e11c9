// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The processes that a worker has started.

#ifndef TL_RUNTIME_WORKER_DESCENDANTS_H
#define TL_RUNTIME_WORKER_DESCENDANTS_H

#include <sys/types.h>

namespace tl::rt {

/// Kills every process below `pid`, also one that left its process group or session. `pid` should
/// be stopped meanwhile. Does nothing where /proc does not tell.
void kill_descendants(pid_t pid);

/// Number of children of this process that were not collected, zombies included. Cheap when there
/// are none.
int count_own_children();

/// Number of threads of this process, 0 where /proc does not tell.
int count_own_threads();

/// Whether a thread of this process other than the calling one runs or wants to.
bool other_threads_run();

} // namespace tl::rt

#endif
