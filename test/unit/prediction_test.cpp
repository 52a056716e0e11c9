// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/prediction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace tl::rt {
namespace {

/// A factory with blocks of 16 to 128: small problems like small blocks, of which the best one
/// takes n ns. The number `flag` has no influence.
tuned_problem tuned(int n, int flag, double noise = 0) {
  static std::mt19937 random(3);
  std::normal_distribution<double> normal;
  tuned_problem it;
  it.problem = "n=" + std::to_string(n) + ",flag=" + std::to_string(flag);
  it.default_config = "block=128";
  for (int block = 16; block <= 128; block *= 2) {
    const double off = std::log2(block) - std::clamp(std::log2(n) / 2, 4.0, 7.0);
    it.time_ns["block=" + std::to_string(block)] =
        n * (1 + 0.05 * off * off) * std::exp(noise * normal(random));
  }
  return it;
}

std::vector<tuned_problem> many(double noise = 0) {
  std::vector<tuned_problem> all;
  std::mt19937 random(1);
  for (int e = 6; e <= 16; ++e)
    for (const int flag : {0, 1, 7})
      all.push_back(tuned((1 << e) + static_cast<int>(random() % 20), flag * 100, noise));
  return all;
}

TEST(Prediction, CoversTheProblemsWithFewConfigs) {
  const prediction from(many());
  EXPECT_GE(from.cover().size(), 3u);
  EXPECT_LE(from.cover().size(), 4u);
  EXPECT_EQ(from.problems(), 33u);
}

TEST(Prediction, TakesWhatIsGoodNearBy) {
  const prediction from(many());
  EXPECT_EQ(from.ranked("n=300,flag=0").front(), "block=16");
  EXPECT_EQ(from.ranked("n=1100,flag=0").front(), "block=32");
  EXPECT_EQ(from.ranked("n=60000,flag=0").front(), "block=128");
  EXPECT_EQ(from.ranked("n=1100,flag=50").front(), "block=32") << "the flag tells nothing";
}

TEST(Prediction, LeavesProblemsOfOtherFieldsAlone) {
  std::vector<tuned_problem> all = many();
  all.push_back(tuned(64, 0));
  all.back().problem = "m=64";
  const prediction from(all);
  EXPECT_EQ(from.problems(), 33u);
  EXPECT_TRUE(from.ranked("m=64").empty());
  EXPECT_FALSE(prediction(std::vector<tuned_problem>{}).possible());
  EXPECT_TRUE(prediction(std::vector<tuned_problem>{}).ranked("n=1,flag=0").empty());
}

TEST(Prediction, KnowsWhereItGuesses) {
  const prediction from(many());
  EXPECT_FALSE(from.outside("n=1000,flag=0"));
  EXPECT_TRUE(from.outside("n=10,flag=0"));
  EXPECT_TRUE(from.outside("n=1000000,flag=0"));
}

TEST(Prediction, WhatFailedNearByIsNotPredicted) {
  std::vector<tuned_problem> all = many();
  for (tuned_problem &it : all)
    if (it.problem.starts_with("n=10"))
      it.time_ns["block=32"] = std::numeric_limits<double>::infinity();
  EXPECT_NE(prediction(all).ranked("n=1030,flag=0").front(), "block=32");
}

TEST(Prediction, LosesLittleOnProblemsThatWereLeftOut) {
  std::vector<double> regrets;
  for (const auto &it : prediction::leave_one_out(many(0.003))) {
    ASSERT_TRUE(std::isfinite(it.regret)) << it.problem;
    EXPECT_LE(it.regret, it.default_regret + 0.1) << it.problem;
    regrets.push_back(it.regret);
  }
  std::sort(regrets.begin(), regrets.end());
  double mean = 0;
  for (const double it : regrets)
    mean += it / static_cast<double>(regrets.size());
  EXPECT_LE(mean, 0.01);
  EXPECT_LE(regrets[regrets.size() * 9 / 10], 0.03);
}

} // namespace
} // namespace tl::rt
