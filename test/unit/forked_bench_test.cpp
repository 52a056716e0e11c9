// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "test_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace tl::rt {
namespace {

using testing::HasSubstr;

void axpy(int n, float a, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] += a * x[i];
}

void axpy_twice(int n, float a, const float *x, float *y) {
  axpy(n, a, x, y);
  axpy(n, a, x, y);
}

void axpy_throws(int, float, const float *, float *) { throw std::runtime_error("not today"); }
void axpy_aborts(int, float, const float *, float *) { std::abort(); }
void axpy_hangs(int, float, const float *, float *) {
  for (volatile int i = 0;;)
    static_cast<void>(i);
}
void axpy_null(int, float, const float *, float *) { *static_cast<volatile float *>(nullptr) = 1; }

TEST(ForkedBench, InPlaceKernelLeavesTheCallersDataAlone) {
  test_factory<void(int, float, const float *, float *)> factory({axpy, axpy_twice, axpy},
                                                                 {"n", "a", "x", "y"});
  std::vector<float> x(1000, 2), y(1000, 1);
  int n = 1000;
  float a = 3;
  const float *px = x.data();
  float *py = y.data();
  const auto bench = factory.open(n, a, px, py);
  ASSERT_TRUE(bench) << factory.error;
  const verdict prepared = bench->prepare();
  ASSERT_TRUE(prepared.right()) << prepared.reason;
  for (const std::uint32_t variant : {0u, 2u, 0u}) {
    const verdict outcome = bench->probe(variant, 5);
    EXPECT_TRUE(outcome.right()) << outcome.reason;
    EXPECT_GT(outcome.time_ns, 0);
  }
  const verdict wrong = bench->probe(1, 5);
  EXPECT_EQ(wrong.failure, trial_status::wrong);
  EXPECT_EQ(wrong.reason,
            "1000 of 1000 elements of y differ, the first is y[0]: got 13, expected 7");
  const std::vector<sample_request> order{{0, 1}, {2, 3}};
  const timed_round round = bench->round(order, 5);
  ASSERT_EQ(round.samples.size(), 2u);
  for (const timed_sample &sample : round.samples) {
    EXPECT_TRUE(sample.outcome.right()) << sample.outcome.reason;
    EXPECT_GT(sample.outcome.time_ns, 0);
  }
  EXPECT_EQ(y, std::vector<float>(1000, 1));
}

TEST(ForkedBench, LostWorkerCostsOneTrial) {
  test_factory<void(int, float, const float *, float *)> factory(
      {axpy, axpy_throws, axpy_aborts, axpy_null, axpy_hangs}, {"n", "a", "x", "y"});
  std::vector<float> x(100, 2), y(100, 1);
  int n = 100;
  float a = 3;
  const float *px = x.data();
  float *py = y.data();
  const auto bench = factory.open(n, a, px, py);
  ASSERT_TRUE(bench) << factory.error;
  ASSERT_TRUE(bench->prepare().right());
  const verdict threw = bench->probe(1, 5);
  EXPECT_EQ(threw.failure, trial_status::threw);
  EXPECT_EQ(threw.reason, "threw std::runtime_error: not today");
  const verdict aborted = bench->probe(2, 5);
  EXPECT_EQ(aborted.failure, trial_status::crashed);
  EXPECT_EQ(aborted.reason, "signal 6 (abort)");
  const verdict null = bench->probe(3, 5);
  EXPECT_EQ(null.failure, trial_status::crashed);
  EXPECT_EQ(null.reason, "signal 11 (segmentation fault) at address 0x0");
  const verdict hung = bench->probe(4, 0.2);
  EXPECT_EQ(hung.failure, trial_status::timed_out);
  EXPECT_EQ(hung.reason, "killed after 0.2 s");
  const verdict fine = bench->probe(0, 5);
  EXPECT_TRUE(fine.right()) << fine.reason;
}

void triple(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 3 * x[i];
}

// A million flushes of the caches would take hours.
TEST(ForkedBench, ColdSampleOfAShortFunctionEnds) {
  test_factory<void(int, const float *, float *)> factory({triple, triple}, {"n", "x", "y"});
  std::vector<float> x(100, 2), y(100, 1);
  int n = 100;
  const float *px = x.data();
  float *py = y.data();
  tuning_task task = factory.task(n, px, py);
  task.cold = true;
  const auto bench = find_backend(TL_BACKEND_CPU, factory.error)->open(task, factory.error);
  ASSERT_TRUE(bench) << factory.error;
  ASSERT_TRUE(bench->prepare().right());
  const sample_request many{1, 1'000'000};
  const timed_round round = bench->round({&many, 1}, 100);
  ASSERT_EQ(round.samples.size(), 1u);
  EXPECT_TRUE(round.samples[0].outcome.right()) << round.samples[0].outcome.reason;
  EXPECT_GT(round.samples[0].outcome.time_ns, 0);
  EXPECT_GE(round.samples[0].launches, 1u);
  EXPECT_LT(round.samples[0].launches, 100'000u);
}

} // namespace
} // namespace tl::rt
