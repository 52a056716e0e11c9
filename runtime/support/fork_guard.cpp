// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/fork_guard.h"

#include <atomic>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

namespace tl::rt {

static constinit mutex all[static_cast<unsigned>(fork_safe::count)];

/// A fork in the middle of the registration may leave the child with two of each handler.
static thread_local int forks = 0;

static void before_fork() TL_NO_THREAD_SAFETY_ANALYSIS {
  if (forks++ == 0)
    for (mutex &m : all)
      m.lock();
}

static void after_fork() TL_NO_THREAD_SAFETY_ANALYSIS {
  if (--forks == 0)
    for (mutex &m : all)
      m.unlock();
}

/// Registers the handlers at the first use of a mutex, not when the library is loaded: those that
/// are registered last run first, and ours have to wait for whoever holds a mutex and allocates
/// memory, before an allocator's own handlers lock that allocator.
static void register_handlers() {
  constexpr long done = -1;
  static constinit std::atomic<long> by{0}; // the process that is at it
  for (long seen = by.load(std::memory_order_acquire); seen != done;) {
    const long self = ::getpid();
    if (seen == self) {
      ::sched_yield();
      seen = by.load(std::memory_order_acquire);
    } else if (by.compare_exchange_strong(seen, self, std::memory_order_acq_rel)) {
      ::pthread_atfork(before_fork, after_fork, after_fork);
      by.store(done, std::memory_order_release);
      return;
    }
  }
}

mutex &fork_safe_mutex(fork_safe which) {
  register_handlers();
  return all[static_cast<unsigned>(which)];
}

} // namespace tl::rt
