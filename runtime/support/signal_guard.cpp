// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/signal_guard.h"

#include <cerrno>
#include <ctime>
#include <initializer_list>

namespace tl::rt {

static sigset_t write_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  sigaddset(&set, SIGXFSZ);
  return set;
}

write_signal_guard::write_signal_guard() noexcept {
  const int error = errno;
  const sigset_t ours = write_signals();
  sigemptyset(&pending_);
  active_ = pthread_sigmask(SIG_BLOCK, &ours, &before_) == 0 && sigpending(&pending_) == 0;
  errno = error;
}

write_signal_guard::~write_signal_guard() {
  if (!active_)
    return;
  const int error = errno;
  // Take back what our writes raised, before the mask that kept it away is lifted.
  sigset_t now;
  if (sigpending(&now) == 0) {
    for (const int number : {SIGPIPE, SIGXFSZ}) {
      if (sigismember(&now, number) != 1 || sigismember(&pending_, number) == 1)
        continue;
      sigset_t one;
      sigemptyset(&one);
      sigaddset(&one, number);
      const timespec no_wait{};
      while (sigtimedwait(&one, nullptr, &no_wait) < 0 && errno == EINTR) {
      }
    }
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

} // namespace tl::rt
