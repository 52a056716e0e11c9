// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/team.h"

#include <cstddef>
#include <exception>
#include <mutex>

namespace tl::rt {
namespace {

struct team_call {
  const std::function<void(void *const *)> &member;
  std::mutex guard;
  std::exception_ptr thrown; ///< by the first one that threw
};

} // namespace

bool has_team(const tl_factory &factory) {
  // Programs that were built before there was one end before it.
  return factory.struct_size >= offsetof(tl_factory, team) + sizeof factory.team && factory.team;
}

/// Nothing may leave an OpenMP region, or end a thread of the program's.
static void run_member(void *state, void *const *arguments) {
  auto &call = *static_cast<team_call *>(state);
  try {
    call.member(arguments);
  } catch (...) {
    const std::lock_guard lock(call.guard);
    if (!call.thrown)
      call.thrown = std::current_exception();
  }
}

void call_by_team(const tl_factory &factory, void *const *arguments,
                  const std::function<void(void *const *)> &member) {
  team_call call{member, {}, nullptr};
  factory.team(&factory, arguments, run_member, &call);
  if (call.thrown)
    std::rethrow_exception(call.thrown);
}

} // namespace tl::rt
