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
    install(slot, key{i * 64, 1024, i % 7}, {{.variant = i, .always = true}});
  for (std::uint32_t i = 0; i < 1000; ++i)
    EXPECT_EQ(find_installed(slot, key{i * 64, 1024, i % 7}), i);
  EXPECT_EQ(find_installed(slot, key{64, 1024, 6}), UINT32_MAX);
  EXPECT_EQ(find_installed(slot, key{63, 1024, 1}), UINT32_MAX);
}

TEST(DispatchTable, AKeyOfNoWordsIsAKey) {
  tl_dispatch_slot slot{};
  EXPECT_EQ(find_installed(slot, {}), UINT32_MAX);
  install(slot, {}, {{.variant = 4, .always = true}});
  EXPECT_EQ(find_installed(slot, {}), 4u);
}

TEST(DispatchTable, ReplacingAWinnerTellsTheThreads) {
  tl_dispatch_slot slot{};
  install(slot, key{1, 2, 3}, {{.variant = 7, .always = true}});
  EXPECT_EQ(slot.generation, 0u) << "a first installation makes nothing stale";
  install(slot, key{1, 2, 3}, {{.variant = 8, .always = true}});
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
    install(slot, key{i, i / 3, 5}, {{.variant = i, .always = true}});
    installed.store(i + 1, std::memory_order_release);
  }
  for (std::thread &it : readers)
    it.join();
  EXPECT_FALSE(wrong);
}

/// Facts of one place that is aligned to 1 << alignment bytes.
facts aligned(unsigned alignment) {
  facts made;
  made.classes = {alignment};
  return made;
}

TEST(DispatchTable, AVariantIsFoundUnderFactsThatAreNoHarder) {
  tl_dispatch_slot slot{};
  const auto found = [&](unsigned alignment, std::uint32_t excluded = UINT32_MAX) {
    return find_proven(slot, key{1}, aligned(alignment), {1, {}}, nullptr, nullptr, excluded);
  };
  EXPECT_EQ(found(8), UINT32_MAX);
  install(slot, key{1}, {{.variant = 5, .proven = aligned(6)}});
  EXPECT_EQ(found(8), 5u);
  EXPECT_EQ(found(6), 5u);
  EXPECT_EQ(found(4), UINT32_MAX);
  EXPECT_EQ(find_installed(slot, key{1}), 5u) << "the winner, whatever the facts";
  add_installed(slot, key{1}, {.variant = 2, .proven = aligned(2)}, {1, {}});
  EXPECT_EQ(found(4), 2u);
  EXPECT_EQ(found(6), 5u) << "the winner comes first";
  EXPECT_EQ(found(6, 5), 2u);
  EXPECT_EQ(slot.generation, 0u) << "what threads remember stays right";
  add_installed(slot, key{1}, {.variant = 5, .proven = aligned(3)}, {1, {}});
  EXPECT_EQ(found(4), 5u);
  EXPECT_EQ(found(3), 5u);
  EXPECT_EQ(found(2), 2u);
  EXPECT_EQ(find_installed(slot, key{1}), 5u);
}

TEST(DispatchTable, AnUnprovenWinnerIsKnownAndNotFound) {
  tl_dispatch_slot slot{};
  install(slot, key{1}, {{.variant = 5, .unproven = true}});
  EXPECT_EQ(find_installed(slot, key{1}), 5u);
  EXPECT_EQ(find_proven(slot, key{1}, aligned(8), {1, {}}, nullptr, nullptr), UINT32_MAX);
  add_installed(slot, key{1}, {.variant = 5, .proven = aligned(8)}, {1, {}});
  EXPECT_EQ(find_proven(slot, key{1}, aligned(8), {1, {}}, nullptr, nullptr), 5u);
}

} // namespace
} // namespace tl::rt
