// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/measure/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace {

using namespace tl::rt::measure;

/// 20 x 20 points; the time is the distance from (15, 4).
struct grid {
  std::vector<std::vector<double>> points;
  std::vector<double> times;
  grid() {
    for (int x = 0; x < 20; ++x)
      for (int y = 0; y < 20; ++y) {
        points.push_back({static_cast<double>(1 << x), static_cast<double>(y)});
        times.push_back(1 + (x - 15) * (x - 15) + (y - 4) * (y - 4));
      }
  }
};

std::vector<std::uint32_t> all_of(search &from, const std::vector<double> &times) {
  std::vector<std::uint32_t> result;
  for (auto batch = from.propose(); !batch.empty(); batch = from.propose())
    for (const std::uint32_t v : batch) {
      result.push_back(v);
      from.learn(v, times[v]);
    }
  return result;
}

TEST(MeasureSearch, ProposesTheDefaultFirstNothingTwiceAndNoMoreThanAsked) {
  const grid g;
  for (const strategy how :
       {strategy::exhaustive, strategy::random, strategy::local, strategy::model}) {
    search s(how, 60, {g.points, 123, {}}, 1);
    const std::vector<std::uint32_t> tried = all_of(s, g.times);
    EXPECT_EQ(tried.front(), 123u);
    EXPECT_EQ(tried.size(), how == strategy::exhaustive ? 400u : 60u);
    EXPECT_EQ(std::set<std::uint32_t>(tried.begin(), tried.end()).size(), tried.size());
  }
}

TEST(MeasureSearch, NeighborsDifferByOneStepOfOneTunable) {
  const grid g;
  const search s(strategy::local, 10, {g.points, 0, {}}, 1);
  EXPECT_TRUE(s.neighbors(0, 1));
  EXPECT_TRUE(s.neighbors(0, 20)) << "1 and 2, as 2 and 4, are one step apart";
  EXPECT_FALSE(s.neighbors(0, 21));
  EXPECT_FALSE(s.neighbors(0, 2));
  EXPECT_FALSE(s.neighbors(0, 0));
}

TEST(MeasureSearch, LocalSearchWalksToTheBest) {
  const grid g;
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    search s(strategy::local, 120, {g.points, 0, {}}, seed);
    const std::vector<std::uint32_t> tried = all_of(s, g.times);
    for (const std::uint32_t v : tried)
      found += v == 15 * 20 + 4;
  }
  EXPECT_EQ(found, 10);
}

TEST(MeasureSearch, LocalSearchSurvivesFailuresEverywhere) {
  const grid g;
  const std::vector<double> failed(400, std::numeric_limits<double>::infinity());
  search s(strategy::local, 50, {g.points, 0, {}}, 1);
  EXPECT_EQ(all_of(s, failed).size(), 50u);
}

TEST(MeasureSearch, IsReproducibleFromItsSeed) {
  const grid g;
  const auto run = [&](std::uint64_t seed) {
    search s(strategy::random, 20, {g.points, 0, {}}, seed);
    return all_of(s, g.times);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

/// 20 x 20 x 3, where one value of the last axis fails, and one is half as fast.
struct rugged {
  std::vector<std::vector<double>> points;
  std::vector<double> times;
  rugged() {
    for (int x = 0; x < 20; ++x)
      for (int y = 0; y < 20; ++y)
        for (int z = 0; z < 3; ++z) {
          points.push_back({static_cast<double>(16 + 8 * x), static_cast<double>(1 << y % 10),
                            static_cast<double>(z)});
          const double far = std::abs(x - 13) + std::abs(y % 10 - 3);
          times.push_back(z == 2 ? std::numeric_limits<double>::infinity()
                                 : (1 + 0.05 * far) * (z == 0 ? 2 : 1));
        }
  }
};

TEST(MeasureSearch, AModelFindsTheBestOfASpaceWithFailures) {
  const rugged r;
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    search s(strategy::model, 80, {r.points, 0}, seed);
    double best = std::numeric_limits<double>::infinity();
    for (const std::uint32_t v : all_of(s, r.times))
      best = std::min(best, r.times[v]);
    found += best <= 1.05;
  }
  EXPECT_GE(found, 9) << "of 1200 configs, 4 are within 5 %";
}

TEST(MeasureSearch, AModelStartsSpreadOutAndDrawsATenthAtRandom) {
  const grid g;
  search s(strategy::model, 128, {g.points, 7}, 1);
  const std::vector<std::uint32_t> first = s.propose(16);
  EXPECT_EQ(first.front(), 7u);
  EXPECT_EQ(first.size(), 32u);
  for (const std::uint32_t v : first)
    s.learn(v, g.times[v]);
  const std::vector<std::uint32_t> second = s.propose(16);
  EXPECT_EQ(second.size(), 16u);
  for (const std::uint32_t v : second)
    s.learn(v, std::numeric_limits<double>::infinity());
  EXPECT_EQ(s.propose(16).size(), 16u) << "a batch that failed as a whole does not end it";
}

TEST(MeasureSearch, AModelIsNoSlowerToFindWhatWasGoodElsewhere) {
  const grid g;
  search_space space{g.points, 0};
  for (const double it : g.times)
    space.elsewhere.push_back(std::log(it));
  search s(strategy::model, 40, space, 1);
  const std::vector<std::uint32_t> first = s.propose(8);
  EXPECT_NE(std::find(first.begin(), first.end(), 15u * 20 + 4), first.end());
}

TEST(MeasureSearch, WhatIsPromisingComesAfterTheDefault) {
  const grid g;
  for (const strategy how :
       {strategy::exhaustive, strategy::random, strategy::local, strategy::model}) {
    search s(how, 60, {g.points, 5, {9, 11}}, 1);
    const std::vector<std::uint32_t> first = s.propose();
    EXPECT_EQ(first[0], 5u);
    EXPECT_EQ(first[1], 9u);
    EXPECT_EQ(first[2], 11u);
  }
}

TEST(MeasureSearch, ProposesAmongWhatIsAddedAndNotWhatIsKnown) {
  const grid g;
  // The best one is not there at first.
  const std::vector<std::vector<double>> some(g.points.begin(), g.points.begin() + 200),
      more(g.points.begin() + 200, g.points.end());
  for (const strategy how : {strategy::random, strategy::local, strategy::model}) {
    search s(how, 300, {some, 0}, 1);
    std::set<std::uint32_t> tried;
    const auto learn = [&](const std::vector<std::uint32_t> &batch) {
      for (const std::uint32_t v : batch) {
        EXPECT_TRUE(tried.insert(v).second);
        s.learn(v, g.times[v]);
      }
    };
    s.learn(77, g.times[77]);
    learn(s.propose(16));
    s.add(more);
    s.learn(377, g.times[377]);
    for (auto batch = s.propose(16); !batch.empty(); batch = s.propose(16))
      learn(batch);
    EXPECT_EQ(tried.size(), 300u);
    EXPECT_FALSE(tried.contains(77) || tried.contains(377)) << "known without being tried";
    if (how == strategy::model)
      EXPECT_TRUE(tried.contains(15 * 20 + 4));
  }
}

TEST(MeasureSearch, AModelOfATinySpaceProposesAllOfIt) {
  for (const std::size_t size : {1u, 2u, 5u}) {
    std::vector<std::vector<double>> points;
    for (std::size_t i = 0; i < size; ++i)
      points.push_back({static_cast<double>(i), 1});
    search s(strategy::model, 100, {points, 0}, 1);
    EXPECT_EQ(all_of(s, std::vector<double>(size, 1)).size(), size);
  }
}

} // namespace
