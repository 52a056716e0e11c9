// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/fork_guard.h"

#include <pthread.h>

namespace tl::rt {

namespace {
struct guarded_mutexes {
  mutex all[3];
};
} // namespace

static guarded_mutexes &mutexes() {
  alignas(guarded_mutexes) static unsigned char storage[sizeof(guarded_mutexes)];
  static guarded_mutexes *const made = new (storage) guarded_mutexes; // never destroyed
  return *made;
}

static void before_fork() TL_NO_THREAD_SAFETY_ANALYSIS {
  for (mutex &m : mutexes().all)
    m.lock();
}

static void after_fork() TL_NO_THREAD_SAFETY_ANALYSIS {
  for (mutex &m : mutexes().all)
    m.unlock();
}

mutex &fork_safe_mutex(fork_safe which) {
  [[maybe_unused]] static const int registered =
      pthread_atfork(before_fork, after_fork, after_fork);
  return mutexes().all[static_cast<unsigned>(which)];
}

} // namespace tl::rt
