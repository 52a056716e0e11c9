// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The processes that a worker has started.

#ifndef TL_RUNTIME_WORKER_DESCENDANTS_H
#define TL_RUNTIME_WORKER_DESCENDANTS_H

#include <string>
#include <sys/types.h>
#include <vector>

namespace tl::rt {

/// Paths of a process's threads under /proc; empty where that does not tell.
std::vector<std::string> threads_of(pid_t pid);

/// Its children, as /proc numbers them.
std::vector<pid_t> children_of(pid_t pid);

/// Kills every process below `pid`, also one that left its process group or session. `pid` should
/// be stopped meanwhile. Does nothing where /proc does not tell.
void kill_descendants(pid_t pid);

/// Number of children of this process that were not collected, zombies included. Cheap when there
/// are none.
int count_own_children();

/// Number of threads of this process, 0 where /proc does not tell.
int count_own_threads();

/// Whether a thread of the process runs or wants to.
bool any_thread_runs(pid_t pid);

/// Whether a thread of this process other than the calling one runs or wants to.
bool other_threads_run();

} // namespace tl::rt

#endif
