// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Factories that a whole team of threads calls (`team = fn`).

#ifndef TL_RUNTIME_FACTORY_TEAM_H
#define TL_RUNTIME_FACTORY_TEAM_H

#include <tl/abi.h>

#include <functional>

namespace tl::rt {

/// Whether the factory says how its team is made.
bool has_team(const tl_factory &factory);

/// Has `member` called from each thread of such a team, with the addresses of that thread's
/// arguments, and returns when the team is done. Throws the first of what the members have thrown.
void call_by_team(const tl_factory &factory, void *const *arguments,
                  const std::function<void(void *const *)> &member);

} // namespace tl::rt

#endif
