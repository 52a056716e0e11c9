// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/process_role.h"

#include <atomic>

namespace tl::rt {

static std::atomic<bool> worker{false};

void become_worker() noexcept { worker.store(true, std::memory_order_relaxed); }

bool is_worker() noexcept { return worker.load(std::memory_order_relaxed); }

} // namespace tl::rt
