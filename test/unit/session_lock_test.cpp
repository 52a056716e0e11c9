// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/session_lock.h"

#include "test/unit/child_process.h"

#include <gmock/gmock.h>

#include <atomic>
#include <sys/mman.h>
#include <thread>

using namespace tl::rt::store;
using namespace tl::test;
using outcome = session_lock::outcome;

namespace {

std::chrono::steady_clock::time_point in_ms(int ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

class SessionLock : public ::testing::Test {
protected:
  /// Outcome of a try in another process.
  outcome other_process_tries(const std::string &name) {
    const int status =
        wait_for(start_child([&] {
                   return static_cast<int>(session_lock::acquire(where, name, in_ms(0)).result());
                 }),
                 60);
    return static_cast<outcome>(status);
  }

  temporary_directory directory;
  std::string where = directory / "cache";
};

TEST_F(SessionLock, ExcludesOtherProcessesUntilReleased) {
  session_lock lock = session_lock::acquire(where, "gpu", in_ms(0));
  ASSERT_TRUE(lock.held()) << lock.reason();
  EXPECT_GE(lock.fd(), 0);
  EXPECT_EQ(other_process_tries("gpu"), outcome::timed_out);
  EXPECT_EQ(other_process_tries("another gpu"), outcome::held);
  lock.release();
  EXPECT_FALSE(lock.held());
  EXPECT_EQ(other_process_tries("gpu"), outcome::held);
}

TEST_F(SessionLock, NamesTheHolder) {
  const session_lock lock = session_lock::acquire(where, "gpu", in_ms(0));
  const pid_t self = ::getpid();
  const int status =
      wait_for(start_child([&] {
                 TL_CHILD_CHECK(session_lock::acquire(where, "gpu", in_ms(0)).holder() == self);
                 return 0;
               }),
               60);
  EXPECT_EQ(status, 0);
}

TEST_F(SessionLock, ExcludesOtherThreads) {
  std::atomic<int> inside{0}, most{0}, entered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      const session_lock lock = session_lock::acquire(where, "gpu", in_ms(60'000));
      if (!lock.held())
        return;
      most = std::max(most.load(), ++inside);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      --inside;
      ++entered;
    });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(entered, 8);
  EXPECT_EQ(most, 1);
}

TEST_F(SessionLock, OneThreadTimesOutWhileAnotherHolds) {
  const session_lock lock = session_lock::acquire(where, "gpu", in_ms(0));
  outcome second = outcome::held;
  std::thread([&] { second = session_lock::acquire(where, "gpu", in_ms(30)).result(); }).join();
  EXPECT_EQ(second, outcome::timed_out);
  // The failed try must not have dropped the lock, as closing the file would.
  EXPECT_EQ(other_process_tries("gpu"), outcome::timed_out);
}

TEST_F(SessionLock, GoesWithItsHolderHoweverThatDies) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = start_child([&] {
    const session_lock lock = session_lock::acquire(where, "gpu", in_ms(0));
    TL_CHILD_CHECK(lock.held());
    // A child of the holder outlives it, as something that a variant spawned could.
    const pid_t grandchild = ::fork();
    if (grandchild == 0) {
      ::sleep(60);
      ::_exit(0);
    }
    TL_CHILD_CHECK(::write(ready[1], &grandchild, sizeof grandchild) == sizeof grandchild);
    ::pause();
    return 0;
  });
  pid_t grandchild = 0;
  ASSERT_EQ(::read(ready[0], &grandchild, sizeof grandchild),
            static_cast<ssize_t>(sizeof grandchild));
  EXPECT_EQ(session_lock::acquire(where, "gpu", in_ms(0)).result(), outcome::timed_out);
  ::kill(holder, SIGKILL);
  EXPECT_EQ(wait_for(holder, 60), -SIGKILL);
  EXPECT_EQ(::kill(grandchild, 0), 0)
      << "the grandchild has to be alive for this to mean something";
  EXPECT_EQ(session_lock::acquire(where, "gpu", in_ms(0)).result(), outcome::held);
  ::kill(grandchild, SIGKILL);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(SessionLock, ForkedChildOwnsNothingAndReleasesNothing) {
  session_lock lock = session_lock::acquire(where, "gpu", in_ms(0));
  const int status =
      wait_for(start_child([&] {
                 lock.release();
                 TL_CHILD_CHECK(session_lock::acquire(where, "gpu", in_ms(0)).result() ==
                                outcome::timed_out);
                 return 0;
               }),
               60);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(other_process_tries("gpu"), outcome::timed_out);
}

TEST_F(SessionLock, GoesOnWithoutWhereLocksAreImpossible) {
  const session_lock none = session_lock::acquire("", "gpu", in_ms(60'000));
  EXPECT_EQ(none.result(), outcome::unsupported);
  EXPECT_NE(none.reason(), "");
  std::ofstream(directory / "file") << "x";
  const session_lock below_a_file =
      session_lock::acquire(directory / "file/cache", "gpu", in_ms(60'000));
  EXPECT_EQ(below_a_file.result(), outcome::unsupported);
  EXPECT_THAT(below_a_file.reason(), ::testing::HasSubstr("cannot create directory"));
}

TEST_F(SessionLock, ManyProcessesEnterOneAtATime) {
  auto *const inside = static_cast<std::atomic<int> *>(::mmap(nullptr, sizeof(std::atomic<int>),
                                                              PROT_READ | PROT_WRITE,
                                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(inside, MAP_FAILED);
  std::vector<pid_t> children;
  for (int i = 0; i < 16; ++i)
    children.push_back(start_child([&] {
      const session_lock lock = session_lock::acquire(where, "gpu", in_ms(60'000));
      TL_CHILD_CHECK(lock.held());
      TL_CHILD_CHECK(++*inside == 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      TL_CHILD_CHECK(--*inside == 0);
      return 0;
    }));
  for (const pid_t child : children)
    EXPECT_EQ(wait_for(child, 90), 0);
  ::munmap(inside, sizeof(std::atomic<int>));
}

} // namespace
