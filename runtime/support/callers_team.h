// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls that several threads make together.

#ifndef TL_RUNTIME_SUPPORT_CALLERS_TEAM_H
#define TL_RUNTIME_SUPPORT_CALLERS_TEAM_H

namespace tl::rt {

/// Threads of the OpenMP team that the calling thread works in now, 1 outside of parallel regions.
/// What the function does may be shared out among them, which trials, on one thread, would not see.
int callers_team() noexcept;

} // namespace tl::rt

#endif
