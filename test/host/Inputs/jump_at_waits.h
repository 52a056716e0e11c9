// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A signal handler that jumps out of a call at each place where that waits, one after the other.

#ifndef TL_TEST_JUMP_AT_WAITS_H
#define TL_TEST_JUMP_AT_WAITS_H

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace host {

using place = std::vector<void *>;

inline bool watching = false;
inline std::set<place> seen;
inline place last;
inline sigjmp_buf back;

inline place here() {
  place frames(64);
  frames.resize(static_cast<std::size_t>(backtrace(frames.data(), 64)));
  return frames;
}

inline int descriptors() {
  int count = 0;
  for (int i = 0; i < 1000; ++i)
    count += fcntl(i, F_GETFD) >= 0;
  return count;
}

/// Whether `call` was jumped out of: at the first place where none was before.
template <class Call> bool jumps(Call &&call) {
  if (sigsetjmp(back, 1) != 0)
    return true;
  watching = true;
  call();
  watching = false;
  return false;
}

/// Code of the program that the runtime calls: likewise, from there.
inline void maybe_jump() {
  static const pid_t self = getpid();
  if (!watching || getpid() != self || !seen.insert(last = here()).second)
    return;
  watching = false;
  raise(SIGUSR1);
}

/// Jumps out of `call(i)` for i = 1, 2, ... until nothing new comes, and has `enter(i)` enter the
/// runtime after each. The number of places; -1 where something was left then.
template <class Call, class Enter> int jump_at_waits(Call &&call, Enter &&enter) {
  std::signal(SIGUSR1, [](int) { siglongjmp(back, 1); });
  maybe_jump();
  here(); // loads what it needs
  enter(0);
  const int before = descriptors();
  int places = 0;
  while (jumps([&] { call(places + 1); })) {
    ++places;
    enter(places);
    const bool child = waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
    const int after = descriptors();
    if (!child && after == before)
      continue;
    std::printf("LEFT: a child %d, descriptors %d, before %d\n", child, after, before);
    std::fflush(stdout);
    backtrace_symbols_fd(last.data(), static_cast<int>(last.size()), STDOUT_FILENO);
    return -1;
  }
  return places;
}

} // namespace host

/// Instead of the C library's: at a new place the signal comes in while the runtime waits.
extern "C" int ppoll(pollfd *files, nfds_t count, const timespec *limit, const sigset_t *mask) {
  timespec left{};
  if (limit)
    left = *limit;
  if (host::watching && mask && host::seen.insert(host::last = host::here()).second) {
    host::watching = false;
    raise(SIGUSR1); // blocked until then
  }
  return static_cast<int>(syscall(SYS_ppoll, files, count, limit ? &left : nullptr, mask, sizeof(long)));
}

#endif
