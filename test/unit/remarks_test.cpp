// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/remarks.h"

#include <array>
#include <gtest/gtest.h>

namespace tl::rt {
namespace {

using store::trial;
using store::trial_status;

trial ended(trial_status status, std::string reason) {
  trial it;
  it.config = "n=1";
  it.status = status;
  it.reason = std::move(reason);
  return it;
}

TEST(Remarks, MoreThanHalfFailedForOneReason) {
  const trial good = ended(trial_status::measured, "");
  const trial a = ended(trial_status::infeasible, "needs 65536 bytes of shared memory");
  const trial b = ended(trial_status::infeasible, "needs 98304 bytes of shared memory");
  const trial other = ended(trial_status::wrong, "2 of 64 elements differ");
  const trial *most[] = {&good, &a, &b, &a, &other};
  const std::vector<std::string> said = remarks_on_trials(most);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("3 of 5 variants failed for one reason"), std::string::npos) << said[0];
  EXPECT_NE(said[0].find("`eligible`"), std::string::npos) << said[0];
  const trial *wrong[] = {&good, &other, &other, &other};
  const std::vector<std::string> of_wrong = remarks_on_trials(wrong);
  ASSERT_EQ(of_wrong.size(), 1u);
  EXPECT_NE(of_wrong[0].find("tl::scratch"), std::string::npos) << of_wrong[0];
  EXPECT_EQ(of_wrong[0].find("`eligible`"), std::string::npos) << of_wrong[0];
  const trial *half[] = {&good, &good, &a, &b};
  EXPECT_TRUE(remarks_on_trials(half).empty());
  const trial *few[] = {&a, &a, &b};
  EXPECT_TRUE(remarks_on_trials(few).empty());
}

TEST(Remarks, AWinnerAtTheEdgeOfAnAxis) {
  const char *configs[] = {"m=32,vec=1,kind=a", "m=64,vec=2,kind=b", "m=128,vec=2,kind=c"};
  EXPECT_TRUE(remarks_on_edges(configs, "m=64,vec=2,kind=b").empty())
      << "two values are no axis to go on";
  const std::vector<std::string> said = remarks_on_edges(configs, "m=128,vec=2,kind=c");
  ASSERT_EQ(said.size(), 1u) << "names have no edge";
  EXPECT_NE(said[0].find("m=128 is the greatest value"), std::string::npos) << said[0];
  EXPECT_TRUE(remarks_on_edges(configs, "m=1").empty());
  const std::array unrolls{"unroll=1,share=1", "unroll=2,share=1.5", "unroll=4,share=2"};
  const auto least = remarks_on_edges(unrolls, "unroll=1,share=1");
  ASSERT_EQ(least.size(), 1u) << "nothing is unrolled less than once";
  EXPECT_TRUE(least[0].starts_with("the winner's share=1 "));
}

TEST(Remarks, ADefaultThatIsOnNoAxisIsAtNoEdge) {
  const char *configs[] = {"threads=0,items=0",   "threads=128,items=4", "threads=128,items=8",
                           "threads=256,items=4", "threads=256,items=8", "threads=512,items=4",
                           "threads=512,items=8"};
  EXPECT_TRUE(remarks_on_edges(configs, "threads=0,items=0").empty());
  EXPECT_EQ(remarks_on_edges(configs, "threads=512,items=4").size(), 1u);
}

TEST(Remarks, LimitsAndOthersOnTheDevice) {
  measure::race_result raced;
  EXPECT_TRUE(remarks_on_race(raced).empty());
  raced.limited = 0.4;
  raced.dropped_rounds = 2;
  raced.others = 1;
  EXPECT_EQ(remarks_on_race(raced).size(), 3u);
}

TEST(Remarks, HotSamplesOfDataThatTheCacheDoesNotHold) {
  constexpr std::uint64_t mib = 1 << 20;
  EXPECT_TRUE(remarks_on_data(32 * mib, 32 * mib).empty());
  EXPECT_TRUE(remarks_on_data(64 * mib, 0).empty()) << "a cache of which nothing is known";
  const std::vector<std::string> said = remarks_on_data(64 * mib, 32 * mib);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("64 MiB of data, which the cache of 32 MiB"), std::string::npos)
      << said[0];
}

} // namespace
} // namespace tl::rt
