// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/session_lock.h"

#include "runtime/support/call_life.h"
#include "runtime/support/fnv.h"
#include "runtime/support/fork_guard.h"
#include "runtime/support/paths.h"
#include "runtime/support/safe_file.h"
#include "runtime/support/status.h"
#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

namespace tl::rt::store {

namespace {
/// Lock files that this process has locked. POSIX record locks do not exclude threads of one
/// process, and closing any descriptor of a file drops them all: so there is never a second one.
struct held_files {
  pid_t process = 0; ///< a forked child holds none of its parent's
  std::set<std::string, std::less<>> paths;
};
} // namespace

static mutex &table_mutex() { return fork_safe_mutex(fork_safe::session_locks); }

static held_files &table() TL_REQUIRES(table_mutex()) {
  static held_files *const all = new held_files; // never destroyed
  if (all->process != ::getpid()) {
    all->paths.clear();
    all->process = ::getpid();
  }
  return *all;
}

struct session_lock::state {
  std::string path;
  pid_t process = 0;
  bool held = false; ///< guarded by the table's mutex
  std::atomic<int> fd{-1};
  /// A signal handler may jump out of the call that holds it: other processes get it at once,
  /// threads of this one when they look.
  std::shared_ptr<const void> closed_at_once, abandoned;

  void end() {
    const mutex_lock lock(table_mutex());
    // In a forked child this closes the child's copy; the parent's lock is the parent's.
    if (const int file = fd.exchange(-1); file >= 0)
      ::close(file);
    if (std::exchange(held, false) && process == ::getpid())
      table().paths.erase(path);
  }
  ~state() { end(); }
};

session_lock::~session_lock() = default;
session_lock::session_lock(session_lock &&) noexcept = default;
session_lock &session_lock::operator=(session_lock &&) noexcept = default;

int session_lock::fd() const { return state_ ? state_->fd.load() : -1; }

void session_lock::release() {
  state_.reset();
  if (outcome_ == outcome::held) {
    outcome_ = outcome::unsupported;
    reason_ = "released";
  }
}

static std::string lock_path(const std::string &directory, std::string_view name) {
  return fmt::format("{}/device-{:016x}.lock", directory, fnv(name));
}

namespace {
enum class lock_try : unsigned char { locked, taken, impossible };
} // namespace

/// One attempt. `fd` receives the file; `holder` the other process's id, 0 for a thread of this
/// one.
static lock_try lock_once(const std::string &path, int &fd, long &holder, int &error) {
  const mutex_lock lock(table_mutex());
  holder = 0;
  if (table().paths.contains(path))
    return lock_try::taken;
  // Whose it is does not matter: it is empty, and whoever may lock it may.
  const int file = open_or_create(path.c_str(), O_RDWR, false);
  if (file < 0) {
    error = errno;
    return lock_try::impossible;
  }
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  if (::fcntl(file, F_SETLK, &range) == 0) {
    table().paths.insert(path);
    fd = file;
    return lock_try::locked;
  }
  error = errno;
  const bool taken = error == EAGAIN || error == EACCES || error == EINTR;
  if (taken && ::fcntl(file, F_GETLK, &range) == 0 && range.l_type != F_UNLCK)
    holder = range.l_pid;
  ::close(file);
  return taken ? lock_try::taken : lock_try::impossible;
}

session_lock session_lock::acquire(const std::string &directory, std::string_view name,
                                   std::chrono::steady_clock::time_point deadline) {
  session_lock result;
  if (directory.empty()) {
    result.reason_ = "there is no cache directory";
    return result;
  }
  if (const status made = make_directories(directory); !made) {
    result.reason_ = made.text();
    return result;
  }
  auto held = std::make_shared<state>();
  held->path = lock_path(directory, name);
  held->process = ::getpid();
  auto pause = std::chrono::milliseconds(1);
  while (true) {
    int error = 0, file = -1;
    end_left_calls();
    switch (lock_once(held->path, file, result.holder_, error)) {
    case lock_try::locked:
      result.outcome_ = outcome::held;
      result.holder_ = 0;
      held->held = true;
      held->fd = file;
      held->closed_at_once = released_at_once(held->fd, [](int it) { ::close(it); });
      held->abandoned = when_abandoned([state = held.get()] { state->end(); });
      result.state_ = std::move(held);
      return result;
    case lock_try::impossible:
      result.reason_ = fmt::format("cannot lock {}: {}", held->path, std::strerror(error));
      return result;
    case lock_try::taken:
      break;
    }
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) {
      result.outcome_ = outcome::timed_out;
      return result;
    }
    interruptible_sleep(std::min<std::chrono::nanoseconds>(pause, left));
    pause = std::min(pause * 2, std::chrono::milliseconds(20));
  }
}

} // namespace tl::rt::store
