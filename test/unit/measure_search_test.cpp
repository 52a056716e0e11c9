// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/measure/search.h"

#include <gtest/gtest.h>

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
  for (auto batch = from.next(times); !batch.empty(); batch = from.next(times))
    result.insert(result.end(), batch.begin(), batch.end());
  return result;
}

TEST(measure_search, proposes_the_default_first_nothing_twice_and_no_more_than_asked) {
  const grid g;
  for (const strategy how : {strategy::exhaustive, strategy::random, strategy::local}) {
    search s(how, 60, g.points, 123, 1);
    const std::vector<std::uint32_t> tried = all_of(s, g.times);
    EXPECT_EQ(tried.front(), 123u);
    EXPECT_EQ(tried.size(), how == strategy::exhaustive ? 400u : 60u);
    EXPECT_EQ(std::set<std::uint32_t>(tried.begin(), tried.end()).size(), tried.size());
  }
}

TEST(measure_search, neighbors_differ_by_one_step_of_one_tunable) {
  const grid g;
  const search s(strategy::local, 10, g.points, 0, 1);
  EXPECT_TRUE(s.neighbors(0, 1));
  EXPECT_TRUE(s.neighbors(0, 20)) << "1 and 2, as 2 and 4, are one step apart";
  EXPECT_FALSE(s.neighbors(0, 21));
  EXPECT_FALSE(s.neighbors(0, 2));
  EXPECT_FALSE(s.neighbors(0, 0));
}

TEST(measure_search, local_search_walks_to_the_best) {
  const grid g;
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    search s(strategy::local, 120, g.points, 0, seed);
    const std::vector<std::uint32_t> tried = all_of(s, g.times);
    for (const std::uint32_t v : tried)
      found += v == 15 * 20 + 4;
  }
  EXPECT_EQ(found, 10);
}

TEST(measure_search, local_search_survives_failures_everywhere) {
  const grid g;
  const std::vector<double> failed(400, std::numeric_limits<double>::infinity());
  search s(strategy::local, 50, g.points, 0, 1);
  EXPECT_EQ(all_of(s, failed).size(), 50u);
}

TEST(measure_search, is_reproducible_from_its_seed) {
  const grid g;
  const auto run = [&](std::uint64_t seed) {
    search s(strategy::random, 20, g.points, 0, seed);
    return all_of(s, g.times);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

} // namespace
