// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/thread_guard.h"

#include "runtime/support/call_life.h"
#include "runtime/support/roomy_stack.h"
#include "runtime/support/standard_streams.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <pthread.h>
#include <unistd.h>
#include <utility>

namespace tl::rt {
namespace {

/// A call of the runtime that is going on. On the heap: after a jump out of it its frames are gone.
struct live_call {
  call_place place;
  std::shared_ptr<call_life> life = call_life::begin(place);
  bool in_program = false;  ///< code of the program runs
  std::uintptr_t inner = 0; ///< whose frames lie below this then; 0: not known
  thread_state state;
  int error;
  int cancel_state;
  std::atomic<bool> cancel_state_is_back{false}; ///< the jump out of it has given it back
  sigset_t pending;                              ///< write signals that were pending already
  pid_t process = ::getpid();
  std::shared_ptr<std::optional<standard_streams_guard>> streams =
      std::make_shared<std::optional<standard_streams_guard>>();
  std::shared_ptr<const void> streams_left = life->when_left([kept = streams] { kept->reset(); });
};

/// Ends with its thread.
struct thread_slot {
  std::unique_ptr<live_call> live;
  ~thread_slot();
};

} // namespace

static thread_local thread_slot slot;

/// Raised by the thread's own writes: to a pipe without a reader, to a file at its limit. They must
/// not come in while the runtime waits either.
static constexpr int raised_by_writes[] = {SIGPIPE, SIGXFSZ};
/// The system raises them for what the thread just did: a thread that blocks one dies of it.
static constexpr int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

static sigset_t guard_mask() {
  sigset_t mask;
  sigfillset(&mask);
  for (const int signal : fault_signals)
    sigdelset(&mask, signal);
  return mask;
}

static void end_abandoned(std::unique_ptr<live_call> call) {
  // A child that the program forked in the middle of it has nothing to end.
  if (call->process != ::getpid())
    return;
  // The next handler would jump out of this, too, and leave half of it.
  const sigset_t mask = guard_mask();
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &mask, &before);
  call->life->end();
  if (!call->cancel_state_is_back)
    ::pthread_setcancelstate(call->cancel_state, nullptr);
  call.reset();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

thread_slot::~thread_slot() {
  if (live)
    end_abandoned(std::move(live));
}

/// Takes back what the runtime's own writes raised.
static void drop_write_signals(const sigset_t &before) {
  sigset_t now;
  if (::sigpending(&now) != 0)
    return;
  for (const int signal : raised_by_writes) {
    if (sigismember(&now, signal) != 1 || sigismember(&before, signal) == 1)
      continue;
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal);
    const timespec no_wait{};
    while (::sigtimedwait(&one, nullptr, &no_wait) < 0 && errno == EINTR) {
    }
  }
}

/// Whether the frames of `live` are gone. Stacks grow downwards: while they are there, whatever the
/// thread runs on the same stack lies strictly below the one that the program was called from, or
/// that waited when a signal came in. Of other stacks (a coroutine's, or the roomier one that the
/// runtime itself takes) nothing can be said.
static bool is_abandoned(const live_call &live, std::uintptr_t frame) {
  if (live.life->is_left())
    return true;
  const thread_stack &stack = live.place.stack;
  const bool known = live.in_program && stack.contains(live.inner);
  return stack.contains(live.place.frame) && stack.contains(frame) &&
         frame >= (known ? live.inner : live.place.frame);
}

#ifdef __GLIBC__
extern "C" {
// What old programs use for pthread_cleanup_push(). longjmp() calls these handlers where it leaves
// their frames, other than those of the macro.
void _pthread_cleanup_push(_pthread_cleanup_buffer *, void (*)(void *), void *) noexcept;
void _pthread_cleanup_pop(_pthread_cleanup_buffer *, int) noexcept;
}

/// In a signal handler that jumps out of the call, or at the end of the thread.
static void note_jump(void *call) {
  auto &left = *static_cast<live_call *>(call);
  const int error = errno;
  left.life->leave();
  ::pthread_setcancelstate(left.cancel_state, nullptr);
  left.cancel_state_is_back = true;
  errno = error;
}

void thread_guard::watch_for_jumps(void *call) {
  // glibc compares addresses within one stack.
  watching_ = static_cast<const live_call *>(call)->place.stack.contains(
      reinterpret_cast<std::uintptr_t>(this));
  if (watching_)
    _pthread_cleanup_push(&jumps_, note_jump, call);
}

void thread_guard::watch_no_longer() {
  if (watching_)
    _pthread_cleanup_pop(&jumps_, 0);
}
#else
void thread_guard::watch_for_jumps(void *) {}
void thread_guard::watch_no_longer() {}
#endif

/// A bound for the frames of what is called next by the function that calls this: they need not lie
/// below the frame of this one.
static std::uintptr_t above(const void *frame) {
  constexpr std::uintptr_t slack = 256;
  return reinterpret_cast<std::uintptr_t>(frame) + slack;
}

thread_guard::thread_guard(const void *frame) {
  const int error = errno;
  if (slot.live && is_abandoned(*slot.live, reinterpret_cast<std::uintptr_t>(frame)))
    end_abandoned(std::move(slot.live));
  if (slot.live) {
    outermost_ = false;
    nested_ = slot.live->in_program;
    return;
  }
  int cancel_state = PTHREAD_CANCEL_ENABLE;
  sigset_t before;
  const sigset_t mask = guard_mask();
  // First of all: a handler that came in during an allocation could jump out of it.
  ::pthread_sigmask(SIG_BLOCK, &mask, &before);
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  free_left_stacks();
  auto live =
      std::make_unique<live_call>(call_place{.frame = reinterpret_cast<std::uintptr_t>(frame)});
  live->error = error;
  live->cancel_state = cancel_state;
  live->state.mask = before;
  sigemptyset(&live->pending);
  ::sigpending(&live->pending);
  std::fegetenv(&live->state.floating_point);
  std::fesetenv(FE_DFL_ENV);
  live->streams->emplace();
  slot.live = std::move(live);
  watch_for_jumps(slot.live.get());
}

thread_guard::~thread_guard() {
  if (!outermost_ || !slot.live)
    return;
  watch_no_longer();
  std::unique_ptr<live_call> live = std::move(slot.live);
  if (live->life->is_left()) { // the thread ends, frame by frame
    end_abandoned(std::move(live));
    return;
  }
  live->life->finish();
  live->streams->reset();
  drop_write_signals(live->pending);
  adopt_state(live->state);
  ::pthread_setcancelstate(live->cancel_state, nullptr);
  errno = live->error;
}

const void *guarded_frame(const void *frame) noexcept {
  return slot.live ? reinterpret_cast<const void *>(slot.live->place.frame) : frame;
}

static thread_state current_state() {
  thread_state state;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &state.mask);
  std::fegetenv(&state.floating_point);
  return state;
}

thread_state callers_state() { return slot.live ? slot.live->state : current_state(); }

void adopt_state(const thread_state &state) {
  std::fesetenv(&state.floating_point);
  ::pthread_sigmask(SIG_SETMASK, &state.mask, nullptr);
}

callers_state_scope::callers_state_scope() : active_(slot.live != nullptr) {
  if (!active_)
    return;
  own_ = current_state();
  in_program_ = std::exchange(slot.live->in_program, true);
  inner_ = std::exchange(slot.live->inner, above(__builtin_frame_address(0)));
  drop_write_signals(slot.live->pending);
  adopt_state(slot.live->state);
}

callers_state_scope::~callers_state_scope() {
  if (!active_)
    return;
  adopt_state(own_);
  slot.live->in_program = in_program_;
  slot.live->inner = inner_;
}

int interruptible_poll(pollfd *files, nfds_t count, std::chrono::nanoseconds limit) {
  const auto ns = std::max<std::int64_t>(limit.count(), 0);
  const timespec time{static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)};
  if (!slot.live || is_ending_a_call())
    return ::ppoll(files, count, &time, nullptr);
  sigset_t mask = slot.live->state.mask;
  for (const int signal : raised_by_writes)
    sigaddset(&mask, signal);
  // A handler may call a tuned function, too.
  const bool in_program = std::exchange(slot.live->in_program, true);
  const std::uintptr_t inner = std::exchange(slot.live->inner, above(__builtin_frame_address(0)));
  slot.live->life->waits(true);
  const int answer = ::ppoll(files, count, &time, &mask);
  const int error = errno;
  slot.live->life->waits(false);
  slot.live->in_program = in_program;
  slot.live->inner = inner;
  errno = error;
  return answer;
}

std::shared_ptr<const call_life> life_of_this_thread() {
  return slot.live ? slot.live->life : nullptr;
}

std::shared_ptr<const void> when_abandoned(std::function<void()> end) {
  return slot.live ? slot.live->life->when_left(std::move(end)) : nullptr;
}

std::shared_ptr<const void> released_at_once(std::atomic<int> &descriptor, void (*release)(int)) {
  return slot.live ? slot.live->life->release_at_once(descriptor, release) : nullptr;
}

} // namespace tl::rt
