// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a call of the runtime still goes on. What a call holds counts only while it does, and
// whoever waits for it asks: nothing depends on the holder coming back.

#ifndef TL_RUNTIME_SUPPORT_CALL_LIFE_H
#define TL_RUNTIME_SUPPORT_CALL_LIFE_H

#include "runtime/support/roomy_stack.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <sys/types.h>
#include <unistd.h>
#include <vector>

namespace tl::rt {

/// Where a call was made, by which other threads tell that its frames are gone.
struct call_place {
  /// Of the function that the program called: there are its caller's frame and where it returns to.
  std::uintptr_t frame;
  thread_stack stack = thread_stack::of_caller();
  pid_t thread = ::gettid();
  std::array<std::uintptr_t, 2> linkage{reinterpret_cast<const std::uintptr_t *>(frame)[0],
                                        reinterpret_cast<const std::uintptr_t *>(frame)[1]};
};

/// One call that is going on in this process, known to all its threads. A call may be left for good
/// while it waits, or while code of the program runs that it has called: by siglongjmp() from a
/// signal handler, by the end of its thread. Then leave() is called where that can be noticed at
/// once; otherwise end_left_calls() finds out.
class call_life : public std::enable_shared_from_this<call_life> {
public:
  /// Lets other threads know of it.
  static std::shared_ptr<call_life> begin(const call_place &at);

  /// The call returns as it should: nothing is given back.
  void finish();

  /// Its frames are gone: closes and kills what release_at_once() was told, and marks it for
  /// end_left_calls(). Async-signal-safe. In a forked child it does nothing.
  void leave() noexcept;
  bool is_left() const noexcept { return left_.load(std::memory_order_acquire); }

  /// Says that the call waits, in short turns, or does so no longer. Whether one of them has lasted
  /// for a minute: then a handler keeps it, or it was left in a way that nobody can see.
  void waits(bool now) noexcept;
  bool is_stuck() const noexcept;

  /// Does what when_left() was told, unless somebody does. With signals blocked.
  void end();

  /// Has `end` called after it was left, on any thread; while the result is kept.
  std::shared_ptr<const void> when_left(std::function<void()> end);

  /// Has `release` called with the descriptor as soon as it is left, in a signal handler, and -1
  /// put in its place; while the result is kept.
  std::shared_ptr<const void> release_at_once(std::atomic<int> &descriptor, void (*release)(int));

  explicit call_life(const call_place &at) : place_(at) {}
  call_life(const call_life &) = delete;
  call_life &operator=(const call_life &) = delete;

private:
  struct at_once {
    std::atomic<std::atomic<int> *> descriptor{nullptr};
    std::atomic<void (*)(int)> release{nullptr};
  };

  bool withdraw();
  bool has_gone() const;
  friend void end_left_calls();

  const call_place place_;
  const pid_t process_ = ::getpid();
  std::atomic<bool> left_{false};
  std::atomic<std::int64_t> waits_since_{0}; ///< on the steady clock [ns]; 0: it does not
  std::array<at_once, 8> at_once_;
  std::vector<std::weak_ptr<const std::function<void()>>> ends_; ///< guarded by fork_safe::calls
};

/// Gives back what calls of this process held that were left. Whoever waits for something that
/// another thread holds calls it each time before it looks, with signals blocked.
void end_left_calls();

/// Whether this thread is giving back what a call has left. Nothing may interrupt it.
bool is_ending_a_call() noexcept;

} // namespace tl::rt

#endif
