// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/write_tracker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <thread>
#include <utility>
#include <vector>

namespace tl::rt {
namespace {

write_tracker *tracked = nullptr;
std::atomic<int> faults{0};

void on_signal(int, siginfo_t *info, void *) {
  faults.fetch_add(1, std::memory_order_relaxed);
  if (!tracked || !tracked->on_fault(reinterpret_cast<std::uintptr_t>(info->si_addr)))
    ::_exit(42);
}

class WriteTrackerTest : public testing::Test {
protected:
  static constexpr std::size_t bytes = std::size_t(8) << 20;

  void SetUp() override {
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSEGV, &action, &before_);
    void *mapped =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    memory = static_cast<unsigned char *>(mapped);
    for (std::size_t i = 0; i < bytes; ++i)
      memory[i] = static_cast<unsigned char>(i * 7);
    tracked = &tracker;
    faults = 0;
  }
  void TearDown() override {
    tracked = nullptr;
    ::munmap(memory, bytes);
    ::sigaction(SIGSEGV, &before_, nullptr);
  }

  std::uintptr_t at(std::size_t offset) const {
    return reinterpret_cast<std::uintptr_t>(memory) + offset;
  }
  std::size_t touched_bytes() const {
    std::size_t sum = 0;
    tracker.for_each_touched(at(0), at(bytes),
                             [&](std::uintptr_t begin, std::uintptr_t end) { sum += end - begin; });
    return sum;
  }

  unsigned char *memory = nullptr;
  write_tracker tracker;

private:
  struct sigaction before_{};
};

TEST_F(WriteTrackerTest, LargeAreasFaultOncePerBlockAndArePutBack) {
  tracker.watch(at(100), at(bytes - 100));
  ASSERT_TRUE(tracker.arm());
  // The cut-off pages at both ends are copied, nothing else.
  EXPECT_LT(touched_bytes(), std::size_t(2) * 4096);
  static_cast<volatile unsigned char *>(memory)[1 << 20] = 1;
  static_cast<volatile unsigned char *>(memory)[(1 << 20) + 1] = 2;
  static_cast<volatile unsigned char *>(memory)[5 << 20] = 3;
  static_cast<volatile unsigned char *>(memory)[101] = 4;
  EXPECT_EQ(faults, 2);
  EXPECT_EQ(*tracker.pristine(at(1 << 20)), std::byte(static_cast<unsigned char>((1u << 20) * 7)));
  tracker.restore(at(0), at(bytes));
  for (std::size_t i = 0; i < bytes; ++i)
    ASSERT_EQ(memory[i], static_cast<unsigned char>(i * 7)) << i;
  // Copied once: writable from now on.
  static_cast<volatile unsigned char *>(memory)[1 << 20] = 9;
  EXPECT_EQ(faults, 2);
}

TEST_F(WriteTrackerTest, TouchSavesTheFaults) {
  tracker.watch(at(0), at(bytes));
  ASSERT_TRUE(tracker.arm());
  EXPECT_EQ(touched_bytes(), 0u);
  tracker.touch(at(10), at(bytes - 10));
  EXPECT_EQ(touched_bytes(), bytes);
  std::memset(memory, 0, bytes);
  EXPECT_EQ(faults, 0);
  tracker.restore(at(4096), at(8192));
  EXPECT_EQ(memory[4096], static_cast<unsigned char>(4096u * 7));
  EXPECT_EQ(memory[4095], 0);
  EXPECT_EQ(memory[8193], 0);
}

TEST_F(WriteTrackerTest, SmallAreasAreCopied) {
  tracker.watch(at(5), at(77));
  tracker.watch(at(1000), at(1001));
  ASSERT_TRUE(tracker.arm());
  std::memset(memory, 0, 2000);
  EXPECT_EQ(faults, 0);
  EXPECT_EQ(touched_bytes(), 73u);
  tracker.rebase(at(1000), at(1001));
  tracker.restore(at(0), at(bytes));
  EXPECT_EQ(memory[4], 0);
  EXPECT_EQ(memory[5], 35);
  EXPECT_EQ(memory[76], static_cast<unsigned char>(76 * 7));
  EXPECT_EQ(memory[77], 0);
  EXPECT_EQ(memory[1000], 0);
}

TEST_F(WriteTrackerTest, ManyThreadsFaultAtOnce) {
  tracker.watch(at(0), at(bytes));
  ASSERT_TRUE(tracker.arm());
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 8; ++t)
    threads.emplace_back([this, t] {
      for (std::size_t i = t; i < bytes; i += 8)
        static_cast<volatile unsigned char *>(memory)[i] = 0;
    });
  for (std::thread &thread : threads)
    thread.join();
  tracker.restore(at(0), at(bytes));
  for (std::size_t i = 0; i < bytes; ++i)
    ASSERT_EQ(memory[i], static_cast<unsigned char>(i * 7)) << i;
}

TEST_F(WriteTrackerTest, OtherFaultsAreNotOurs) {
  tracker.watch(at(0), at(bytes));
  ASSERT_TRUE(tracker.arm());
  EXPECT_FALSE(tracker.on_fault(0));
  EXPECT_FALSE(tracker.on_fault(at(bytes)));
}

} // namespace
} // namespace tl::rt
