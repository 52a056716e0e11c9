// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/standard_streams.h"

#include "runtime/support/fork_guard.h"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt {

static constexpr int streams = 3;

namespace {
struct placeholders {
  pid_t process = 0; ///< a forked child inherits placeholders and not their users
  unsigned users = 0;
  bool held[streams] = {};
};
} // namespace

static placeholders &held_places() TL_REQUIRES(fork_safe_mutex(fork_safe::standard_streams)) {
  static constinit placeholders p;
  if (p.process != ::getpid()) {
    p.process = ::getpid();
    p.users = 0;
  }
  return p;
}

static constinit std::atomic<bool> error_is_gone{false};

bool standard_error_is_gone() noexcept { return error_is_gone.load(std::memory_order_relaxed); }

static bool is_open(int descriptor) noexcept {
  return ::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF;
}

/// Nobody else has a standard stream of this kind.
static bool is_placeholder(int descriptor) noexcept {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_PATH) != 0;
}

standard_streams_guard::standard_streams_guard() noexcept {
  const mutex_lock lock(fork_safe_mutex(fork_safe::standard_streams));
  placeholders &p = held_places();
  ++p.users;
  for (int descriptor = 0; descriptor < streams; ++descriptor) {
    if (is_open(descriptor))
      continue;
    if (descriptor == STDERR_FILENO)
      error_is_gone.store(true, std::memory_order_relaxed);
    const int file = ::open("/", O_PATH | O_CLOEXEC);
    if (file == descriptor)
      p.held[descriptor] = true;
    else if (file >= 0)
      ::close(file); // another thread was faster
  }
}

standard_streams_guard::~standard_streams_guard() {
  const mutex_lock lock(fork_safe_mutex(fork_safe::standard_streams));
  placeholders &p = held_places();
  if (p.users > 1) {
    --p.users;
    return;
  }
  p.users = 0;
  for (int descriptor = 0; descriptor < streams; ++descriptor) {
    if (p.held[descriptor] && is_placeholder(descriptor))
      ::close(descriptor);
    p.held[descriptor] = false;
  }
}

} // namespace tl::rt
