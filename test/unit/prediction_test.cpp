// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/prediction.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <span>
#include <vector>

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

// How much work there is decides, and that is a product: no number alone tells, nor any weighting
// of the two.
TEST(Prediction, SeesWhatAProductDecides) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> exponent(5, 13);
  std::vector<tuned_problem> all;
  for (int p = 0; p < 40; ++p) {
    tuned_problem it;
    const double m = exponent(random), n = exponent(random);
    it.problem = "m=" + std::to_string(static_cast<int>(std::exp2(m))) +
                 ",n=" + std::to_string(static_cast<int>(std::exp2(n)));
    it.default_config = "block=64";
    for (int block = 16; block <= 128; block *= 2)
      it.time_ns["block=" + std::to_string(block)] =
          1e4 * (1 + 0.3 * std::abs(std::log2(block) - std::clamp((m + n) / 4, 4.0, 7.0)));
    all.push_back(std::move(it));
  }
  double mean = 0;
  for (const auto &it : prediction::leave_one_out(all))
    mean += it.regret / 40;
  EXPECT_LE(mean, 0.03);
}

// Two configs that are best here and far behind there, without a rule, and a default that is never
// far behind.
TEST(Prediction, TakesTheDefaultWhereNothingIsSurelyBetter) {
  std::mt19937 random(11);
  std::vector<tuned_problem> all;
  for (int p = 0; p < 30; ++p) {
    tuned_problem it;
    it.problem = "n=" + std::to_string(100 + 37 * p);
    it.default_config = "usual";
    const bool first = random() % 2;
    it.time_ns = {{"usual", 1.03e4}, {"a", first ? 1e4 : 1.2e4}, {"b", first ? 1.2e4 : 1e4}};
    all.push_back(std::move(it));
  }
  double over_default = 0;
  for (const auto &it : prediction::leave_one_out(all))
    over_default += (1 + it.regret) / (1 + it.default_regret) - 1;
  EXPECT_LE(over_default / 30, 0.02);
}

/// A GPU with 132 multiprocessors and square tiles: `counts` of what its most loaded one has more
/// than the mean is paid for.
std::vector<tuned_problem> tiled(double counts, bool grids_known = true) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> exponent(9, 13);
  std::normal_distribution<double> normal;
  std::vector<tuned_problem> all;
  for (int p = 0; p < 40; ++p) {
    tuned_problem it;
    const int m = 32 * static_cast<int>(std::exp2(exponent(random)) / 32);
    const int n = 32 * static_cast<int>(std::exp2(exponent(random)) / 32);
    it.device = "backend=cuda;model=made up;multiprocessors=132;driver=1";
    it.problem = "m=" + std::to_string(m) + ",n=" + std::to_string(n);
    it.default_config = "tile=256";
    for (int tile = 32; tile <= 256; tile *= 2) {
      const auto along = [&](int extent) {
        return static_cast<unsigned>((extent + tile - 1) / tile);
      };
      const std::string config = "tile=" + std::to_string(tile);
      const launch_grid grid{along(n), along(m), 1};
      const double uneven = unevenness(double(grid[0]) * grid[1], 132);
      it.time_ns[config] = m * n * std::exp(counts * uneven + 0.002 * normal(random)) *
                           (1 + 0.1 * (8 - std::log2(tile)));
      if (grids_known)
        it.grids[config] = grid;
    }
    all.push_back(std::move(it));
  }
  return all;
}

double mean_regret(const std::vector<tuned_problem> &of) {
  double sum = 0;
  for (const auto &it : prediction::leave_one_out(of))
    sum += it.regret / static_cast<double>(of.size());
  return sum;
}

TEST(Prediction, KnowsWhereBlocksCannotBeSharedOutEvenly) {
  EXPECT_LE(mean_regret(tiled(1)), 0.005);
  EXPECT_GE(mean_regret(tiled(1, false)), 0.02) << "near problems alone do not tell";
  EXPECT_LE(mean_regret(tiled(0.5)), 0.005);
  EXPECT_LE(mean_regret(tiled(0)), 0.005) << "and it is nothing where memory decides";
}

TEST(Prediction, IsNotPossibleWhereNoConfigIsKnownToBeGood) {
  tuned_problem it;
  it.problem = "n=1";
  it.well_sampled_ns = 1; // of an older session; all that the newest one timed is far behind
  it.time_ns["a"] = 5;
  const prediction from(std::vector<tuned_problem>(5, it));
  EXPECT_FALSE(from.possible());
  EXPECT_TRUE(from.ranked("n=1").empty());
}

TEST(Prediction, AsksOfNoProblemWithFewerNumbers) {
  EXPECT_TRUE(prediction(tiled(1)).ranked("m=64").empty());
  EXPECT_TRUE(prediction(tiled(1)).ranked("").empty());
  EXPECT_FALSE(prediction(tiled(1)).ranked("m=0,n=-1").empty());
}

store::trial timed(const char *config, double ns, std::size_t samples,
                   store::trial_status status = store::trial_status::measured) {
  store::trial it;
  it.config = config;
  it.status = status;
  it.median_ns = ns;
  it.samples_ns.assign(samples, ns);
  return it;
}

// Of short kernels that were sampled once, some are fast by chance; what was never sampled has a
// figure from its first run.
TEST(Experience, TheBestIsOneThatWasSampledWell) {
  const store::trial trials[] = {
      timed("winner", 1000, 40), timed("close", 1004, 30), timed("lucky", 940, 1),
      timed("cut", 900, 0, store::trial_status::cut), timed("slow", 1500, 2)};
  tuned_problem it;
  it.problem = "n=64";
  add_trials(it, trials);
  EXPECT_EQ(it.best_ns(), 1000);
  EXPECT_EQ(it.regret("winner"), 0);
  EXPECT_EQ(it.regret("lucky"), 0);
  EXPECT_NEAR(it.regret("slow"), std::log(1.5), 1e-12);
  EXPECT_TRUE(std::isnan(it.regret("never tried")));
  store::winner_key asked;
  asked.problem = "n=128";
  const std::vector<double> elsewhere =
      times_elsewhere(std::span(&it, 1), asked, std::array{"lucky", "slow"});
  ASSERT_EQ(elsewhere.size(), 2u);
  EXPECT_EQ(elsewhere[0], 0);
  EXPECT_NEAR(elsewhere[1], std::log(1.5), 1e-12);
}

// Times of a short kernel, in two heaps: the medians are 9 % apart by one sample of 21.
TEST(Experience, ATimeIsTheMean) {
  const auto sampled = [](const char *config, int shorter, int longer) {
    store::trial it;
    it.config = config;
    it.status = store::trial_status::measured;
    for (int i = 0; i < shorter + longer; ++i)
      it.samples_ns.push_back(i < shorter ? 5100 : 5600);
    it.median_ns = shorter > longer ? 5100 : 5600;
    return it;
  };
  store::trial trials[] = {sampled("a", 11, 10), sampled("b", 10, 11), sampled("c", 11, 10)};
  trials[2].samples_ns.back() = 1e9; // of the machine
  tuned_problem it;
  add_trials(it, trials);
  EXPECT_NEAR(it.regret("b"), 0.0045, 0.001);
  EXPECT_NEAR(it.regret("c"), 0.04, 0.01);
}

} // namespace
} // namespace tl::rt
