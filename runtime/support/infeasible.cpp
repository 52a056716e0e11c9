// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/infeasible.h"

#include <cstring>

namespace tl::rt {

// Flat memory: said from code that may be about to crash, and after a fork.
static thread_local char noted[512];

void note_infeasible(const char *reason) noexcept {
  if (noted[0] == '\0' && reason)
    std::strncpy(noted, *reason ? reason : "no reason given", sizeof noted - 1);
}

std::optional<std::string> take_infeasible() {
  if (noted[0] == '\0')
    return std::nullopt;
  std::string reason = noted;
  noted[0] = '\0';
  return reason;
}

} // namespace tl::rt
