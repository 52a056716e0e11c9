// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/call_reading.h"
#include "runtime/tuner/facts.h"

#include "../utils/handwritten.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tl::rt {
namespace {

/// The facts of calls of one factory with unnamed parameters.
template <class... Args> class facts_of {
public:
  facts_of()
      : parameters_([]<std::size_t... I>(std::index_sequence<I...>) {
          return table(((void)I, "")...);
        }(std::index_sequence_for<Args...>{})),
        factory_(detail::describe(handwritten::complete(detail::generated{}, parameters_, slot_))) {
  }

  facts operator()(std::remove_reference_t<Args>... args) {
    void *arguments[] = {const_cast<void *>(static_cast<const void *>(&args))..., nullptr};
    const call_reading reading(factory_, arguments);
    return facts(reading.found());
  }
  std::string text(std::remove_reference_t<Args>... args) {
    return to_text(plan(), (*this)(args...));
  }
  std::uint64_t data_bytes(const std::vector<std::uint64_t> &reach,
                           std::remove_reference_t<Args>... args) {
    void *arguments[] = {const_cast<void *>(static_cast<const void *>(&args))..., nullptr};
    return call_reading(factory_, arguments).data_bytes(reach);
  }
  const call_plan &plan() { return plan_of(factory_); }
  bool covers(const facts &proven, const facts &found) {
    return rt::covers(proven, found, shape_of(plan()));
  }

private:
  using table = handwritten::parameter_table<void(Args...)>;
  tl_dispatch_slot slot_{};
  table parameters_;
  tl_factory factory_;
};

struct alignas(256) memory {
  float data[256];
};

TEST(Facts, MemoryThatIsSharedIsCountedOnce) {
  memory m;
  facts_of<const float *, float *> of;
  EXPECT_EQ(of.data_bytes({64, 64}, m.data, m.data + 128), 128u);
  EXPECT_EQ(of.data_bytes({1024, 512}, m.data, m.data + 128), 1024u);
  EXPECT_EQ(of.data_bytes({512, 1024}, m.data + 128, m.data), 1024u);
  EXPECT_EQ(of.data_bytes({512, 0}, m.data, nullptr), 512u);
}

TEST(Facts, AlignmentAndNull) {
  memory m;
  facts_of<const float *> of;
  EXPECT_EQ(of.text(m.data), "arg0=256");
  EXPECT_EQ(of.text(m.data + 1), "arg0=4");
  EXPECT_EQ(of.text(m.data + 16), "arg0=64");
  EXPECT_EQ(of.text(nullptr), "arg0=null");
  EXPECT_TRUE(of.covers(of(m.data + 1), of(m.data + 2)));
  EXPECT_FALSE(of.covers(of(m.data + 2), of(m.data + 1)));
  EXPECT_FALSE(of.covers(of(nullptr), of(m.data)));
  EXPECT_FALSE(of.covers(of(m.data), of(nullptr)));
}

TEST(Facts, Scalars) {
  facts_of<float, double, const float &> of;
  constexpr double infinite = std::numeric_limits<double>::infinity();
  EXPECT_NE(of.text(0.0f, 1.0, 2.0f).find("arg0=zero arg1=one"), std::string::npos);
  EXPECT_FALSE(of.covers(of(1, 1, 1), of(0, 1, 1)));
  EXPECT_FALSE(of.covers(of(1, 1, 1), of(1, infinite, 1)));
  EXPECT_FALSE(of.covers(of(0, 1, 1), of(2, 1, 1)));
  EXPECT_TRUE(of.covers(of(3, 1, 1), of(2, 1, 1)));
  EXPECT_TRUE(of.covers(of(-0.0f, 1, 1), of(0, 1, 1)));
  EXPECT_FALSE(of.covers(of(-1, 1, 1), of(1, 1, 1)));
}

TEST(Facts, OverlapOfRawPointersIsADistance) {
  memory m;
  facts_of<const float *, float *> of;
  const auto at = [&](int x, int y) { return of(m.data + x, m.data + y); };
  EXPECT_EQ(of.text(m.data, m.data + 64), "arg0=256 arg1=256 arg0~arg1=+256");
  EXPECT_TRUE(of.covers(at(0, 64), at(0, 128)));
  EXPECT_FALSE(of.covers(at(0, 128), at(0, 64)));
  EXPECT_FALSE(of.covers(at(0, 64), at(64, 0)));
  EXPECT_FALSE(of.covers(at(0, 0), at(0, 64)));
  EXPECT_FALSE(of.covers(at(0, 64), at(0, 0)));
  facts_of<const float *, const float *> read_only;
  EXPECT_EQ(read_only.text(m.data, m.data), "arg0=256 arg1=256") << "nobody writes";
}

TEST(Facts, WhatIsFurtherOffThanMemoryGoesIsApart) {
  memory m;
  facts_of<const float *, float *> of;
  facts proven = of(m.data + 1, m.data + 129);
  proven.reach = {64 * sizeof(float), 32 * sizeof(float)};
  const auto right = [&](int x, int y) { return of.covers(proven, of(m.data + x, m.data + y)); };
  EXPECT_TRUE(right(0, 64)) << "nothing from x on lies there";
  EXPECT_FALSE(right(0, 32));
  EXPECT_TRUE(right(32, 0)) << "nor from y on there";
  EXPECT_TRUE(right(64, 0));
  EXPECT_FALSE(right(16, 0));
  EXPECT_EQ(to_text(of.plan(), proven), "arg0=4 arg1=4 arg0~arg1=+512 arg0<=256 arg1<=128");
  EXPECT_EQ(facts_from_text(of.plan(), to_text(of.plan(), proven)), proven);
}

TEST(Facts, OverlapOfViewsIsExact) {
  memory m;
  facts_of<tl::in<float>, tl::out<float>> of;
  const auto at = [&](std::size_t x, std::size_t y) {
    return of({m.data + x, 64}, {m.data + y, 64});
  };
  EXPECT_EQ(of.text({m.data, 64}, {m.data + 64, 64}), "arg0=256 arg1=256 arg0~arg1=apart");
  EXPECT_EQ(of.text({m.data, 64}, {m.data + 32, 64}), "arg0=256 arg1=128 arg0~arg1=overlap+128");
  EXPECT_TRUE(of.covers(at(0, 64), at(128, 64)));
  EXPECT_TRUE(of.covers(at(0, 0), at(64, 0))) << "apart is no harder than the same";
  EXPECT_FALSE(of.covers(at(0, 0), at(0, 64 - 64 + 32))) << "another overlap is";
}

TEST(Facts, TextCanBeReadBack) {
  memory m;
  facts_of<const float *, float *, tl::in<float>, double, const int &> of;
  std::mt19937 random(7);
  const auto pick = [&](unsigned below) { return random() % below; };
  const int number = 3;
  for (int i = 0; i < 1000; ++i) {
    const float *const x = pick(4) ? m.data + pick(64) : nullptr;
    const facts made = of(x, m.data + pick(64), {m.data + pick(64), 1 + pick(64)},
                          static_cast<double>(pick(3)), number);
    const std::string text = to_text(of.plan(), made);
    EXPECT_EQ(facts_from_text(of.plan(), text), made) << text;
    EXPECT_FALSE(facts_from_text(of.plan(), text + " more=4"));
    EXPECT_FALSE(facts_from_text(of.plan(), text.substr(1)));
    EXPECT_FALSE(facts_from_text(of.plan(), text.substr(0, text.rfind(' '))));
  }
  facts_of<int> none;
  EXPECT_EQ(none.text(3), "none");
  EXPECT_TRUE(facts_from_text(none.plan(), "none"));
}

TEST(Facts, CoveringIsAnOrder) {
  memory m;
  facts_of<const float *, float *, tl::inout<float>, float> of;
  std::mt19937 random(7);
  const auto pick = [&](unsigned below) { return random() % below; };
  std::vector<facts> all;
  for (int i = 0; i < 60; ++i)
    all.push_back(of(pick(4) ? m.data + 4 * pick(8) : nullptr, m.data + 4 * pick(8),
                     {m.data + 16 * pick(4), 16}, static_cast<float>(pick(3))));
  for (const facts &a : all) {
    EXPECT_TRUE(of.covers(a, a));
    for (const facts &b : all)
      for (const facts &c : all)
        if (of.covers(a, b) && of.covers(b, c))
          EXPECT_TRUE(of.covers(a, c)) << to_text(of.plan(), a) << '\n'
                                       << to_text(of.plan(), b) << '\n'
                                       << to_text(of.plan(), c);
  }
}

TEST(Facts, SaysWhatIsNew) {
  memory m;
  facts_of<const float *, float *, float> of;
  EXPECT_EQ(describe_new(of.plan(), of(m.data, m.data + 64, 1), of(m.data + 1, m.data, 0)),
            "arg0=4 (proven: 256), arg2=zero (proven: one), arg0~arg1=-4 (proven: +256)");
}

} // namespace
} // namespace tl::rt
