// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keeps the signals that a write can raise away from the program.

#ifndef TL_RUNTIME_SUPPORT_SIGNAL_GUARD_H
#define TL_RUNTIME_SUPPORT_SIGNAL_GUARD_H

#include <csignal>

namespace tl::rt {

/// While it lives, this thread gets neither SIGPIPE (stderr is a pipe that nobody reads) nor
/// SIGXFSZ (a limit on file sizes): the system call fails instead. A library may not end the
/// program for such a thing. Signals that were pending before, and those meant for the whole
/// process, are left alone.
class write_signal_guard {
public:
  write_signal_guard() noexcept;
  ~write_signal_guard();
  write_signal_guard(const write_signal_guard &) = delete;
  write_signal_guard &operator=(const write_signal_guard &) = delete;

private:
  sigset_t before_;  ///< the thread's mask
  sigset_t pending_; ///< those of ours that were pending already
  bool active_ = false;
};

} // namespace tl::rt

#endif
