// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls that are left for good in the middle: others that wait for what they held get it, whether
// or not the thread that left ever comes back.

#include "runtime/store/session_lock.h"
#include "runtime/support/call_life.h"
#include "runtime/support/thread_guard.h"
#include "runtime/tuner/flight.h"

#include "test/unit/child_process.h"

#include <gmock/gmock.h>

#include <atomic>
#include <csetjmp>
#include <csignal>
#include <functional>
#include <optional>
#include <pthread.h>
#include <sys/syscall.h>
#include <thread>
#include <ucontext.h>

using namespace tl::rt;
using namespace tl::test;
using outcome = store::session_lock::outcome;

namespace {

std::chrono::steady_clock::time_point in_ms(int ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

/// Where handlers of this thread jump to.
thread_local sigjmp_buf back;
thread_local ucontext_t back_by_context;

class CallLife : public ::testing::Test {
protected:
  CallLife() {
    std::signal(SIGUSR1, [](int) { siglongjmp(back, 1); });
    std::signal(SIGUSR2, [](int) { ::setcontext(&back_by_context); });
  }
  ~CallLife() override {
    ended = true;
    std::signal(SIGUSR1, SIG_DFL);
    std::signal(SIGUSR2, SIG_DFL);
  }

  /// Takes everything that others wait for, and waits until a signal comes.
  [[gnu::noinline]] void hold_all() {
    const thread_guard guard(__builtin_frame_address(0));
    const auto lock = store::session_lock::acquire(where, "gpu", in_ms(0));
    const flight turn = flight::begin(slot, key);
    // On the heap, as all is that a call has to give back.
    const std::shared_ptr<const void> end = when_abandoned([this] { ++ends; });
    holding = lock.held() && turn.ours();
    while (!may_return)
      interruptible_sleep(std::chrono::milliseconds(5));
  }

  [[gnu::noinline]] void from_below() {
    volatile char room[4096];
    room[0] = 0;
    hold_all();
    room[1] = room[0];
  }

  /// A thread that runs `leave`, which has to call hold_all(), and then stays in the system.
  std::thread holder(std::function<void()> leave) {
    std::thread thread([this, leave = std::move(leave)] {
      leave();
      left = true;
      while (!ended)
        ::usleep(1000);
    });
    while (!holding)
      std::this_thread::yield();
    return thread;
  }

  void wait_until_left() const {
    while (!left)
      std::this_thread::yield();
  }

  /// What others get within ten seconds, while the holder lives and does nothing.
  void expect_all_free() {
    ASSERT_TRUE(store::session_lock::acquire(where, "gpu", in_ms(10'000)).held());
    EXPECT_TRUE(flight::begin(slot, key).ours());
    EXPECT_EQ(ends, 1);
  }

  outcome other_process_tries(int ms) {
    return static_cast<outcome>(wait_for(start_child([&] {
                                           const auto lock = store::session_lock::acquire(
                                               where, "gpu", in_ms(ms));
                                           return static_cast<int>(lock.result());
                                         }),
                                         60));
  }

  temporary_directory directory;
  std::string where = directory / "cache";
  tl_dispatch_slot slot{};
  const std::uint64_t key[1] = {7};
  std::atomic<bool> holding{false}, left{false}, ended{false}, may_return{false};
  std::atomic<int> ends{0};
};

void jump_out_of(const std::function<void()> &call) {
  if (sigsetjmp(back, 1) == 0)
    call();
}

TEST_F(CallLife, WhatAJumpLeavesIsFreeForOtherThreads) {
  std::thread thread = holder([this] { jump_out_of([this] { hold_all(); }); });
  EXPECT_EQ(store::session_lock::acquire(where, "gpu", in_ms(20)).result(), outcome::timed_out);
  ::pthread_kill(thread.native_handle(), SIGUSR1);
  expect_all_free();
  ended = true;
  thread.join();
}

TEST_F(CallLife, WhatAJumpLeavesIsFreeForOtherProcessesAtOnce) {
  std::thread thread = holder([this] { jump_out_of([this] { hold_all(); }); });
  EXPECT_EQ(other_process_tries(0), outcome::timed_out);
  ::pthread_kill(thread.native_handle(), SIGUSR1);
  wait_until_left();
  EXPECT_EQ(other_process_tries(0), outcome::held);
  EXPECT_EQ(ends, 0) << "nobody of this process has looked yet";
  expect_all_free();
  ended = true;
  thread.join();
}

TEST_F(CallLife, AThreadThatHasJumpedCanBeCancelled) {
  std::thread thread = holder([this] { jump_out_of([this] { hold_all(); }); });
  ::pthread_kill(thread.native_handle(), SIGUSR1);
  wait_until_left();
  ::pthread_cancel(thread.native_handle());
  thread.join(); // or it would wait for ever, since nobody says that it has ended
  expect_all_free();
}

TEST_F(CallLife, WhoLeavesByAContextIsNoticed) {
  std::thread thread = holder([this] {
    volatile bool first = true;
    ::getcontext(&back_by_context);
    if (first) {
      first = false;
      from_below();
    }
  });
  ::pthread_kill(thread.native_handle(), SIGUSR2);
  expect_all_free();
  ended = true;
  thread.join();
}

TEST_F(CallLife, AThreadThatIsGoneHoldsNothing) {
  // The system's call ends the thread as if it had never been: no destructor runs.
  std::thread thread([this] {
    std::signal(SIGUSR2, [](int) { ::syscall(SYS_exit, 0); });
    hold_all();
  });
  while (!holding)
    std::this_thread::yield();
  ::pthread_kill(thread.native_handle(), SIGUSR2);
  thread.detach(); // libc never learns of its end
  expect_all_free();
}

TEST_F(CallLife, AThreadThatEndsGivesBackWhatItHolds) {
  std::thread thread([this] { jump_out_of([this] { hold_all(); }); });
  while (!holding)
    std::this_thread::yield();
  ::pthread_kill(thread.native_handle(), SIGUSR1);
  thread.join();
  EXPECT_EQ(ends, 1);
  expect_all_free();
}

TEST_F(CallLife, ACallThatWaitsIsNotTakenForOneThatWasLeft) {
  std::thread thread = holder([this] { hold_all(); });
  // Several looks.
  EXPECT_EQ(store::session_lock::acquire(where, "gpu", in_ms(400)).result(), outcome::timed_out);
  EXPECT_EQ(ends, 0);
  may_return = true;
  wait_until_left();
  EXPECT_TRUE(store::session_lock::acquire(where, "gpu", in_ms(10'000)).held());
  EXPECT_EQ(ends, 0);
  ended = true;
  thread.join();
}

TEST_F(CallLife, JumpsInsideOfTheProgramsCodeAreItsOwn) {
  std::thread thread([this] {
    const thread_guard guard(__builtin_frame_address(0));
    const auto end = when_abandoned([this] { ++ends; });
    const auto lock = store::session_lock::acquire(where, "gpu", in_ms(0));
    {
      const callers_state_scope as_caller;
      jump_out_of([] { siglongjmp(back, 1); });
    }
    holding = lock.held();
    while (!ended)
      interruptible_sleep(std::chrono::milliseconds(5));
  });
  while (!holding)
    std::this_thread::yield();
  EXPECT_EQ(store::session_lock::acquire(where, "gpu", in_ms(200)).result(), outcome::timed_out);
  EXPECT_EQ(ends, 0);
  ended = true;
  thread.join();
  EXPECT_EQ(ends, 0);
}

TEST_F(CallLife, AForkedChildThatJumpsLeavesTheParentsCallAlone) {
  std::thread thread = holder([this] {
    std::signal(SIGUSR2, [](int) {
      const pid_t child = ::fork();
      if (child == 0)
        siglongjmp(back, 1);
      int status = 0;
      ::waitpid(child, &status, 0);
    });
    const pid_t parent = ::getpid();
    jump_out_of([this] { hold_all(); });
    if (::getpid() != parent)
      ::_exit(0);
  });
  ::pthread_kill(thread.native_handle(), SIGUSR2);
  EXPECT_EQ(store::session_lock::acquire(where, "gpu", in_ms(300)).result(), outcome::timed_out);
  EXPECT_EQ(other_process_tries(0), outcome::timed_out);
  EXPECT_EQ(ends, 0);
  may_return = true;
  ended = true;
  thread.join();
}

} // namespace
