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

/// Number of children of this process that were not collected, zombies included.
int count_own_children();

} // namespace tl::rt

#endif
