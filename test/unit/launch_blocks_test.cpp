// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/launch_blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace tl::rt {
namespace {

using grid_of = std::function<launch_grid(int, int)>;

unsigned over(int extent, int divisor) {
  return static_cast<unsigned>((extent + divisor - 1) / divisor);
}

std::vector<launch_blocks::launch> launches(const grid_of &grid, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> size(1, 4000);
  std::vector<launch_blocks::launch> all;
  for (int i = 0; i < 20; ++i) {
    const int m = size(random), n = size(random);
    all.push_back({{double(m), double(n)}, grid(m, n)});
  }
  return all;
}

/// How many of the launches that it has not seen are foretold within a hundredth.
int foretold(const grid_of &grid) {
  const auto rule = launch_blocks::learn(launches(grid, 1), std::vector<double>{64, 32, 8});
  if (!rule)
    return -1;
  int right = 0;
  for (const auto &it : launches(grid, 2)) {
    const double blocks = double(it.grid[0]) * it.grid[1] * it.grid[2];
    right += std::abs(rule->on(it.problem) / blocks - 1) <= 0.01;
  }
  return right;
}

TEST(LaunchBlocks, ForetellsWhatTilesMake) {
  EXPECT_EQ(foretold([](int, int) { return launch_grid{132, 1, 1}; }), 20);
  EXPECT_EQ(foretold([](int m, int n) { return launch_grid{over(n, 64), over(m, 32), 1}; }), 20);
  EXPECT_EQ(foretold([](int m, int n) { return launch_grid{over(m, 64) * over(n, 32), 1, 1}; }),
            20);
  EXPECT_EQ(
      foretold([](int m, int n) { return launch_grid{static_cast<unsigned>(m), over(n, 8), 4}; }),
      20);
  EXPECT_EQ(foretold([](int m, int) { return launch_grid{1, over(m, 64), 1}; }), 20);
  // 24 rows a block, of which the config says nothing: they are as good as known.
  EXPECT_GE(foretold([](int m, int) { return launch_grid{over(m, 24), 1, 1}; }), 19);
}

TEST(LaunchBlocks, SaysNothingWithoutARule) {
  EXPECT_EQ(foretold([](int m, int n) { return launch_grid{over(m * n % 977 + 1, 3), 1, 1}; }), -1);
  EXPECT_EQ(foretold([](int m, int n) {
              return launch_grid{std::min(132u, over(m, 64) * over(n, 64)), 1, 1};
            }),
            -1);
  EXPECT_FALSE(launch_blocks::learn({}, {}));
  const std::vector<launch_blocks::launch> other{{{1}, {1, 1, 1}}, {{1, 2}, {1, 1, 1}}},
      none{{{1}, {0, 1, 1}}};
  EXPECT_FALSE(launch_blocks::learn(other, {})) << "problems of other fields";
  EXPECT_FALSE(launch_blocks::learn(none, {})) << "no blocks";
}

TEST(LaunchBlocks, ReadsWhatTrialsSay) {
  const char *two =
      R"({"device":1,"kernels":[{"name":"\"grid\":[9,9,9]","grid":[4,2,1],"block":[256,1,1],"launches":1},)"
      R"({"name":"b","grid":[70000,1,3],"block":[32,4,1],"launches":2}]})";
  EXPECT_EQ(largest_grid(two), (launch_grid{70000, 1, 3}));
  for (const char *nothing :
       {"", "{}", R"({"kernels":[]})", R"({"kernels":[{"grid":[1,2)",
        R"({"grid":[1,2,3],"block":[)", R"({"grid":[-1,2,3],"block":[1,1,1]})",
        R"({"grid":[99999999999,1,1],"block":[1,1,1]})", R"({"grid":[1,2,3)"})
    EXPECT_FALSE(largest_grid(nothing)) << nothing;
  EXPECT_EQ(multiprocessors_of(
                "backend=cuda;model=NVIDIA H200;cc=9.0;multiprocessors=132;memory_gib=140"),
            132);
  EXPECT_EQ(multiprocessors_of("backend=hip;arch=gfx90a;compute_units=104;memory_gib=64"), 104);
  EXPECT_EQ(multiprocessors_of("backend=cpu;model=EPYC"), 0);
}

TEST(LaunchBlocks, OneBlockMoreIsAnotherRound) {
  EXPECT_DOUBLE_EQ(unevenness(132, 132), 0);
  EXPECT_DOUBLE_EQ(unevenness(264, 132), 0);
  EXPECT_NEAR(unevenness(133, 132), std::log(2.0), 0.01);
  EXPECT_NEAR(unevenness(1, 132), std::log(132.0), 1e-9);
}

} // namespace
} // namespace tl::rt
