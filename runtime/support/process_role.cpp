// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/process_role.h"

#include <atomic>
#include <dlfcn.h>

namespace tl::rt {

static std::atomic<bool> worker{false};

void become_worker() noexcept { worker.store(true, std::memory_order_relaxed); }

/// A program that was executed again as a worker may call tuned functions in its global
/// constructors, before ours has told us what this process is.
static bool is_hooked() noexcept {
  static const auto *const hooked =
      static_cast<const int *>(::dlsym(RTLD_DEFAULT, "tl_is_worker_process"));
  return hooked && *hooked != 0;
}

/// Looked up when the runtime is loaded: after a fork of the program the loader may be locked.
[[maybe_unused]] static const bool looked_up = is_hooked();

bool is_worker() noexcept { return worker.load(std::memory_order_relaxed) || is_hooked(); }

} // namespace tl::rt
