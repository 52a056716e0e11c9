// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/loader_lock.h"

#include "runtime/support/process_role.h"
#include "runtime/worker/collect_child.h"
#include "runtime/worker/sleep_watch.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <dlfcn.h>
#include <link.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tl::rt {

/// The process of which it is known, at first the one that has loaded the runtime, and whether.
static std::atomic<pid_t> known{::getpid()};
static std::atomic<bool> stuck{false};

static bool has_ended(pid_t pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0)
    return info.si_pid == pid;
  if (errno == ECHILD) // the program collects its children
    return true;
  // A sandbox may forbid waitid(). Where it forbids all ways of waiting, nobody can know.
  const pid_t answer = ::waitpid(pid, nullptr, WNOHANG);
  return answer == pid || (answer < 0 && errno != EINTR);
}

/// Tries it in a process of its own.
static bool try_loader() {
  const pid_t pid = ::fork();
  if (pid < 0)
    return false; // then there will be no worker either
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dl_iterate_phdr([](dl_phdr_info *, std::size_t, void *) { return 1; }, nullptr);
    [[maybe_unused]] const void *const found = ::dlsym(RTLD_DEFAULT, "malloc");
    ::_exit(0);
  }
  // Not long where it cannot run at all: it does nothing of size.
  constexpr auto longest = std::chrono::seconds(30);
  const auto deadline = std::chrono::steady_clock::now() + longest;
  sleep_watch watch(pid);
  for (int wait_ms = 1; !has_ended(pid); wait_ms = std::min(2 * wait_ms, watch.interval_ms)) {
    ::poll(nullptr, 0, wait_ms);
    const bool for_good = wait_ms == watch.interval_ms && watch.look();
    if (!for_good && std::chrono::steady_clock::now() < deadline)
      continue;
    // A sandbox may forbid kill(): then the child is left, and ends when the program does.
    ::kill(pid, SIGKILL);
    constexpr auto dying = std::chrono::seconds(10);
    const auto dead_by = std::chrono::steady_clock::now() + dying;
    while (!has_ended(pid) && std::chrono::steady_clock::now() < dead_by)
      ::poll(nullptr, 0, 1);
    collect_child(pid);
    return true;
  }
  collect_child(pid);
  return false;
}

bool loader_is_stuck() {
  if (is_worker()) // what it needs was looked up before its birth
    return false;
  const pid_t self = ::getpid();
  if (known.load(std::memory_order_acquire) != self) {
    stuck.store(try_loader(), std::memory_order_relaxed);
    known.store(self, std::memory_order_release);
  }
  return stuck.load(std::memory_order_relaxed);
}

} // namespace tl::rt
