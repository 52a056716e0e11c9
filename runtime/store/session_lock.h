// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One tuning session per device at a time, over all threads and processes that share a cache
// directory.

#ifndef TL_RUNTIME_STORE_SESSION_LOCK_H
#define TL_RUNTIME_STORE_SESSION_LOCK_H

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace tl::rt::store {

/// An advisory lock on `<directory>/device-<hash of the name>.lock`.
///
/// It is a POSIX record lock (fcntl) plus a table inside the process. So it excludes threads as
/// well as processes, works over NFS, is released by the kernel when the holder dies, however it
/// dies, and is not inherited by forked children: neither a worker nor anything that the program or
/// a variant spawns can keep it alive. Workers have nothing to close.
///
/// Thread-safe to acquire; one object belongs to one thread at a time. In a forked child an
/// inherited object owns nothing, and destroying it does not release the parent's lock.
class session_lock {
public:
  enum class outcome : unsigned char {
    held,        ///< ours
    timed_out,   ///< held by another process or thread until the deadline
    unsupported, ///< no directory, or a file system without locks: nothing is locked, go on without
  };

  session_lock() = default;
  ~session_lock();
  session_lock(session_lock &&) noexcept;
  session_lock &operator=(session_lock &&) noexcept;

  /// Waits until `deadline` at most; a deadline in the past tries once. `name` is the device's
  /// identity with what makes it one physical device (UUID of a GPU, host name for a CPU).
  static session_lock acquire(const std::string &directory, std::string_view name,
                              std::chrono::steady_clock::time_point deadline);

  outcome result() const { return outcome_; }
  bool held() const { return outcome_ == outcome::held; }
  /// Process that holds the lock when it timed out, 0 when unknown (another host, or a thread
  /// here).
  long holder() const { return holder_; }
  /// Why it is unsupported, "" otherwise.
  const std::string &reason() const { return reason_; }
  /// Descriptor of the lock file, -1 when not held. CLOEXEC. For information only.
  int fd() const;
  void release();

private:
  struct state;
  std::shared_ptr<state> state_;
  outcome outcome_ = outcome::unsupported;
  long holder_ = 0;
  std::string reason_;
};

} // namespace tl::rt::store

#endif
