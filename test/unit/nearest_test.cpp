// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/nearest.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tl::rt {
namespace {

TEST(Nearest, ReadsTheFieldsOfAProblem) {
  const auto fields = parse_problem("m=1024,a=64x32,flag=-1");
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].first, "m");
  EXPECT_EQ(fields[1].second, (std::vector<double>{64, 32}));
  EXPECT_EQ(fields[2].second, (std::vector<double>{-1}));
  for (const char *unreadable : {"m", "m=", "m=x", "m=1x", "m=1.5", "m=1,n"})
    EXPECT_TRUE(parse_problem(unreadable).empty()) << unreadable;
}

TEST(Nearest, DistanceGrowsWithTheRatio) {
  EXPECT_EQ(problem_distance("m=64", "m=64"), 0);
  EXPECT_LT(problem_distance("m=1000", "m=1024"), problem_distance("m=512", "m=1024"));
  EXPECT_DOUBLE_EQ(problem_distance("m=512", "m=1024"), problem_distance("m=2048", "m=1024"));
  EXPECT_LT(problem_distance("m=1024,n=2500", "m=1024,n=1024"),
            problem_distance("m=2048,n=2048", "m=1024,n=1024"));
  EXPECT_TRUE(std::isfinite(problem_distance("m=0", "m=1")));
}

TEST(Nearest, OtherFieldsAreNoNeighbours) {
  EXPECT_TRUE(std::isinf(problem_distance("m=1", "n=1")));
  EXPECT_TRUE(std::isinf(problem_distance("a=1x2", "a=1")));
  EXPECT_TRUE(std::isinf(problem_distance("m=1", "m=1,n=1")));
  EXPECT_TRUE(std::isinf(problem_distance("m=1", "")));
}

TEST(Nearest, OrdersTheCandidates) {
  std::vector<store::candidate> all;
  for (const char *problem : {"m=4096", "m=100", "m=1100", "n=1024", "m=900"})
    all.push_back({problem, {}});
  const auto ordered = nearest_candidates(all, "m=1024");
  ASSERT_EQ(ordered.size(), 4u);
  EXPECT_EQ(ordered[0].problem, "m=1100");
  EXPECT_EQ(ordered[1].problem, "m=900");
  EXPECT_EQ(ordered[2].problem, "m=4096");
  EXPECT_EQ(ordered[3].problem, "m=100");
}

} // namespace
} // namespace tl::rt
