// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/measure/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using namespace tl::rt::measure;

TEST(MeasureStatistics, MediansAndQuantiles) {
  EXPECT_TRUE(std::isnan(median({})));
  EXPECT_EQ(median(std::vector<double>{3, 1, 2}), 2);
  EXPECT_EQ(median(std::vector<double>{4, 1, 2, 3}), 2.5);
  const std::vector<double> values{5, 1, 4, 2, 3};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 1), 5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.1), 1.4);
}

TEST(MeasureStatistics, RobustSpreadIgnoresOneOutlier) {
  EXPECT_DOUBLE_EQ(robust_deviation(std::vector<double>{1, 2, 3, 4, 1000}), 1.4826);
}

// Values of the t distribution from the usual printed table.
TEST(MeasureStatistics, StudentMatchesTheTable) {
  EXPECT_NEAR(student_quantile(0.975, 1), 12.706, 5e-4);
  EXPECT_NEAR(student_quantile(0.995, 5), 4.032, 5e-4);
  EXPECT_NEAR(student_quantile(0.95, 30), 1.697, 5e-4);
  EXPECT_NEAR(student_quantile(0.975, std::numeric_limits<double>::infinity()), 1.960, 5e-4);
  EXPECT_NEAR(student_quantile(0.01, 10), -2.764, 5e-4);
  for (const double t : {-30.0, -2.0, 0.0, 0.5, 7.0})
    EXPECT_NEAR(student_cdf(t, 1), 0.5 + std::atan(t) / std::acos(-1.0), 1e-12) << "Cauchy";
}

} // namespace
