// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a call of the runtime does to the thread that makes it, and how that is undone.

#ifndef TL_RUNTIME_SUPPORT_THREAD_GUARD_H
#define TL_RUNTIME_SUPPORT_THREAD_GUARD_H

#include <atomic>
#include <cfenv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <memory>
#include <poll.h>
#include <pthread.h>

namespace tl::rt {

class call_life;

/// What a thread can change for itself without writing to memory: kept, and put back.
struct thread_state {
  sigset_t mask;
  std::fenv_t floating_point; ///< rounding, traps, flushing of denormals, and the flags
};

/// While it lives, the runtime works on this thread as if the program had left it alone:
///
/// * Signals come in only while the runtime waits (interruptible_poll), where it holds no lock and
///   nothing is half done: a handler may end the call by siglongjmp there.
/// * The thread is not cancelled, since no frame between here and the program may be unwound.
/// * Floating point works as C says it does at the start of a program: no traps, nearest.
/// * Descriptors 0 to 2 are taken, so that no file of the runtime becomes a standard stream.
///
/// Afterwards errno, floating point with its flags, mask, cancellation and descriptors are as
/// before. A guard inside another one of the same thread does nothing more, but knows whether it is
/// nested: code of the program that the runtime calls has called a tuned function again
/// (`eligible`, `supply`, `reference`, `check`, a variant with isolation none). One whose frames
/// are gone, because a signal handler jumped out of them, is noticed at the jump where that is
/// glibc's, else by the next guard on that thread and by other threads that wait for what the call
/// held (call_life).
class thread_guard {
public:
  /// `frame`: __builtin_frame_address(0) of the function that the program called.
  explicit thread_guard(const void *frame);
  ~thread_guard();
  thread_guard(const thread_guard &) = delete;
  thread_guard &operator=(const thread_guard &) = delete;

  /// Whether this thread is inside another call of the runtime.
  bool nested() const { return nested_; }

private:
  void watch_for_jumps(void *call);
  void watch_no_longer();

  bool outermost_ = true;
  bool nested_ = false;
#ifdef __GLIBC__
  bool watching_ = false;
  _pthread_cleanup_buffer jumps_;
#endif
};

/// The frame that the outermost guard on this thread was given, else `frame`: objects of the
/// program lie above it.
const void *guarded_frame(const void *frame) noexcept;

/// The thread's state as the caller of the outermost guard had it; without one, as it is.
thread_state callers_state();

/// Gives the calling thread this state.
void adopt_state(const thread_state &state);

/// While it lives, code of the program runs on this thread and finds it as its caller left it (but
/// for cancellation). Does nothing where no guard lives.
class callers_state_scope {
public:
  callers_state_scope();
  ~callers_state_scope();
  callers_state_scope(const callers_state_scope &) = delete;
  callers_state_scope &operator=(const callers_state_scope &) = delete;

private:
  bool active_;
  bool in_program_ = false;
  std::uintptr_t inner_ = 0;
  thread_state own_;
};

/// poll() during which the caller's signals come in; may return early, with EINTR, after a handler.
int interruptible_poll(pollfd *files, nfds_t count, std::chrono::nanoseconds limit);

/// Sleeps, likewise.
inline void interruptible_sleep(std::chrono::nanoseconds time) {
  interruptible_poll(nullptr, 0, time);
}

/// The call of this thread's outermost guard, null without one.
std::shared_ptr<const call_life> life_of_this_thread();

/// Has `end` called when the call of this thread's outermost guard turns out to be left for good,
/// on whichever thread finds that out; never otherwise. The result is to be kept for as long as
/// that may be necessary. Null without a guard.
std::shared_ptr<const void> when_abandoned(std::function<void()> end);

/// Has `release` called, in the signal handler that leaves the call, with what `descriptor` holds
/// by then, and -1 put there: for what other processes wait for. Otherwise as when_abandoned().
std::shared_ptr<const void> released_at_once(std::atomic<int> &descriptor, void (*release)(int));

} // namespace tl::rt

#endif
