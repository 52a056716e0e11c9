// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/dispatch_table.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace tl::rt {
namespace {

using key = std::array<std::uint64_t, 3>;

TEST(DispatchTable, AnEmptySlotHoldsNothing) {
  tl_dispatch_slot slot{};
  EXPECT_EQ(find_installed(slot, key{1, 2, 3}), UINT32_MAX);
}

TEST(DispatchTable, FindsWhatWasInstalledAndNothingElse) {
  tl_dispatch_slot slot{};
  for (std::uint32_t i = 0; i < 1000; ++i)
    install(slot, key{i * 64, 1024, i % 7}, i);
  for (std::uint32_t i = 0; i < 1000; ++i)
    EXPECT_EQ(find_installed(slot, key{i * 64, 1024, i % 7}), i);
  EXPECT_EQ(find_installed(slot, key{64, 1024, 6}), UINT32_MAX);
  EXPECT_EQ(find_installed(slot, key{63, 1024, 1}), UINT32_MAX);
}

TEST(DispatchTable, AKeyOfNoWordsIsAKey) {
  tl_dispatch_slot slot{};
  EXPECT_EQ(find_installed(slot, {}), UINT32_MAX);
  install(slot, {}, 4);
  EXPECT_EQ(find_installed(slot, {}), 4u);
}

TEST(DispatchTable, ReplacingAWinnerTellsTheThreads) {
  tl_dispatch_slot slot{};
  install(slot, key{1, 2, 3}, 7);
  EXPECT_EQ(slot.generation, 0u) << "a first installation makes nothing stale";
  install(slot, key{1, 2, 3}, 8);
  EXPECT_EQ(find_installed(slot, key{1, 2, 3}), 8u);
  EXPECT_EQ(slot.generation, 1u);
}

TEST(DispatchTable, ReadersNeverSeeAWrongVariantWhileItGrows) {
  static tl_dispatch_slot slot{};
  constexpr std::uint32_t count = 20000;
  std::atomic<std::uint32_t> installed{0};
  std::atomic<bool> wrong{false};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader)
    readers.emplace_back([&, reader] {
      for (std::uint32_t i = static_cast<std::uint32_t>(reader); installed.load() < count;
           i = (i * 31 + 7) % count) {
        const std::uint32_t before = installed.load(std::memory_order_acquire);
        const std::uint32_t found = find_installed(slot, key{i, i / 3, 5});
        if (found == UINT32_MAX ? i < before : found != i)
          wrong = true;
      }
    });
  for (std::uint32_t i = 0; i < count; ++i) {
    install(slot, key{i, i / 3, 5}, i);
    installed.store(i + 1, std::memory_order_release);
  }
  for (std::thread &it : readers)
    it.join();
  EXPECT_FALSE(wrong);
}

} // namespace
} // namespace tl::rt
