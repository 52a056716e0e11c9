// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The last of a child process: taking its status, so that the system forgets it.

#ifndef TL_RUNTIME_WORKER_COLLECT_CHILD_H
#define TL_RUNTIME_WORKER_COLLECT_CHILD_H

#include <sys/types.h>

namespace tl::rt {

/// Collects a child that has ended, or that others have collected. Thread-safe. Of the calling
/// thread's class it asks nothing: in a real-time class it may take up to ten seconds where other
/// programs of such classes keep everything else from running, and is then done later.
void collect_child(pid_t pid);

} // namespace tl::rt

#endif
