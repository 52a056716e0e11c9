// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/config_points.h"

#include <gtest/gtest.h>

namespace tl::rt {
namespace {

TEST(ConfigPoints, ReadsNumbersAndRanksNames) {
  constexpr const char *configs[] = {"tile=64,mode=fast,on=true,f=-1.5",
                                     "tile=8,mode=exact,on=false,f=2",
                                     "tile=64,mode=fast,on=false,f=2"};
  const auto points = config_points(configs);
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0], (std::vector<double>{64, 0, 0, -1.5}));
  EXPECT_EQ(points[1], (std::vector<double>{8, 1, 1, 2}));
  EXPECT_EQ(points[2], (std::vector<double>{64, 0, 1, 2}));
}

TEST(ConfigPoints, HaveAnAxisForEachNestedValue) {
  constexpr const char *configs[] = {"a={m=1,n=2},P=pair<int, float>",
                                     "a={m=1,n=9},P=pair<int, long>",
                                     "a={m=4,n=2},P=pair<int, float>"};
  const auto points = config_points(configs);
  EXPECT_EQ(points[0], (std::vector<double>{1, 2, 0}));
  EXPECT_EQ(points[1], (std::vector<double>{1, 9, 1}));
  EXPECT_EQ(points[2], (std::vector<double>{4, 2, 0}));
}

} // namespace
} // namespace tl::rt
