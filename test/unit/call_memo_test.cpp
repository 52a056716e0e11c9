// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/registry.h"
#include "runtime/tuner/call_memo.h"
#include "runtime/tuner/call_reading.h"

#include "test_factory.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

namespace tl::rt {
namespace {

using words = std::array<std::uint64_t, 4>;

/// A function pointer that tells which call it was kept for.
void *function_of(std::uint64_t number) { return reinterpret_cast<void *>(number + 1); }

TEST(CallMemo, FindsWhatItKeptAndNothingElse) {
  tl_dispatch_slot slot{}, other{};
  const words call{1, 2, 3, 4};
  EXPECT_EQ(call_memo::find(slot, 0, call), nullptr);
  call_memo::keep(slot, 0, call, function_of(7));
  EXPECT_EQ(call_memo::find(slot, 0, call), function_of(7));
  EXPECT_EQ(call_memo::find(slot, 1, call), nullptr) << "another winner was installed";
  EXPECT_EQ(call_memo::find(other, 0, call), nullptr);
  for (std::size_t i = 0; i < call.size(); ++i)
    for (int bit = 0; bit < 64; ++bit) {
      words differs = call;
      differs[i] ^= std::uint64_t(1) << bit;
      EXPECT_EQ(call_memo::find(slot, 0, differs), nullptr);
    }
}

// Each is found or not; never another's.
TEST(CallMemo, OfManyCallsNoneGetsAnothersFunction) {
  std::mt19937_64 random(1);
  std::vector<tl_dispatch_slot> slots(8);
  std::uint64_t found = 0;
  const auto check = [&](std::uint64_t number) {
    // Sizes and addresses, which have most of their bits in common.
    const words call{64 * (number % 97), 0x7f0000000000u + 64 * number, number % 3, 5};
    const tl_dispatch_slot &slot = slots[number % slots.size()];
    if (void *const known = call_memo::find(slot, 0, call)) {
      EXPECT_EQ(known, function_of(number));
      ++found;
    } else {
      call_memo::keep(slot, 0, call, function_of(number));
    }
  };
  for (int i = 0; i < 200000; ++i)
    check(random() % (i % 2 ? 64 : 5000));
  EXPECT_GT(found, 50000u);
}

TEST(CallMemo, SixtyFourProblemsInTurnsAreAllKnownButAFew) {
  tl_dispatch_slot slot{};
  int known = 0;
  for (int turn = 0; turn < 3; ++turn)
    for (std::uint64_t m = 0; m < 64; ++m) {
      const words call{m * 128, 0x5590a0, 0x5590c0, 0x5590e0};
      if (call_memo::find(slot, 0, call))
        ++known;
      else
        call_memo::keep(slot, 0, call, function_of(m));
    }
  EXPECT_GE(known, 2 * 64 * 9 / 10);
}

TEST(CallMemo, IsOfOneThread) {
  tl_dispatch_slot slot{};
  const words call{1, 2, 3, 4};
  call_memo::keep(slot, 0, call, function_of(7));
  std::thread([&] {
    EXPECT_EQ(call_memo::find(slot, 0, call), nullptr);
    call_memo::keep(slot, 0, call, function_of(8));
    EXPECT_EQ(call_memo::find(slot, 0, call), function_of(8));
  }).join();
  EXPECT_EQ(call_memo::find(slot, 0, call), function_of(7));
}

TEST(CallMemo, ForgetsWhenAnImageIsUnloaded) {
  tl_dispatch_slot slot{};
  const words call{1, 2, 3, 4};
  call_memo::keep(slot, 0, call, function_of(7));
  ++images_unloaded;
  EXPECT_EQ(call_memo::find(slot, 0, call), nullptr);
}

void many(int, unsigned char, const float *, short, double *, std::int64_t, float, double) {}

// The quick way and the whole one read the same words.
TEST(CallMemo, WordsAreThoseOfTheWholeReading) {
  test_factory<void(int, unsigned char, const float *, short, double *, std::int64_t, float,
                    double)>
      factory({many}, {"a", "b", "c", "d", "e", "f", "g", "h"});
  factory.factory.own_parameters = factory.factory.call_words = 8;
  std::mt19937_64 random(1);
  std::vector<double> memory(64);
  int read = 0;
  for (int i = 0; i < 1000; ++i) {
    int a = static_cast<int>(random());
    auto b = static_cast<unsigned char>(random());
    const float *c = reinterpret_cast<const float *>(memory.data() + random() % 32);
    auto d = static_cast<short>(random());
    double *e = random() % 4 ? memory.data() : nullptr;
    auto f = static_cast<std::int64_t>(random());
    float g = static_cast<float>(random() % 3);
    double h = random() % 2 ? 1 : 0.5;
    void *arguments[] = {&a, &b, &c, &d, &e, &f, &g, &h};
    const call_plan plan(factory.factory);
    ASSERT_FALSE(plan.loads.empty());
    std::array<std::uint64_t, 16> quick{};
    std::size_t count = 0;
    for (const word_load &it : plan.loads)
      quick[count++] = it.from(arguments);
    const call_reading whole(factory.factory, arguments);
    ASSERT_EQ(count, whole.words().size());
    for (std::size_t w = 0; w < count; ++w)
      EXPECT_EQ(quick[w], whole.words()[w]) << w;
    ++read;
  }
  EXPECT_EQ(read, 1000);
}

} // namespace
} // namespace tl::rt
