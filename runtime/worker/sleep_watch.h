// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tells threads that wait for ever from threads that take their time.

#ifndef TL_RUNTIME_WORKER_SLEEP_WATCH_H
#define TL_RUNTIME_WORKER_SLEEP_WATCH_H

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tl::rt {

/// Looks at a process now and then. A thread sleeps for good when it waits on a futex (a mutex,
/// condition, semaphore, barrier, or another thread's end) without a limit in time and in memory
/// that no other process has: only another thread of its process can wake it. Once all of them do
/// so, nobody is left to. What waits for a clock, a file or a socket is never taken for that; nor
/// is anything where /proc does not tell.
class sleep_watch {
public:
  /// Looks of all threads of `pid`, or only at thread `only` unless 0.
  explicit sleep_watch(pid_t pid, pid_t only = 0) : pid_(pid), only_(only) {}

  /// To be called every `interval_ms` or so; cheap while a thread runs. Whether nothing has moved
  /// for long enough by now.
  bool look();
  /// Whether the last look found all of them asleep.
  bool suspects() const { return !last_.empty(); }

  static constexpr int interval_ms = 60;

private:
  /// Looks in a row that must find the same threads asleep at the same place.
  static constexpr int looks = 5;

  std::string picture(std::vector<std::uintptr_t> &futexes) const;

  pid_t pid_;
  pid_t only_;
  std::string last_;
  int same_ = 0;
};

} // namespace tl::rt

#endif
