// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the check on the CPU takes for an output, for data that is updated in place, for noise;
// every knob of the attribute that changes it; and every kind of argument.

#include "runtime/support/sanitizer.h"
#include "test_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace tl::rt {
namespace {

using testing::HasSubstr;

/// A bench that has its expected results, or the reason why it has not.
template <class Factory, class... Args>
std::unique_ptr<trial_bench> ready(Factory &factory, Args &...arguments) {
  std::unique_ptr<trial_bench> bench = factory.open(arguments...);
  if (!bench) {
    ADD_FAILURE() << factory.error;
    return nullptr;
  }
  const verdict prepared = bench->prepare();
  EXPECT_TRUE(prepared.right()) << prepared.reason;
  return bench;
}

std::string text(const verdict &outcome) {
  std::string result(to_string(outcome.status()));
  return outcome.reason.empty() ? result : result + ": " + outcome.reason;
}

// ---- outputs behind raw pointers ----

void fill(int n, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = static_cast<float>(i % 7);
}
void fill_without_last(int n, float *y) { fill(n - 1, y); }
void fill_one_more(int n, float *y) { fill(n + 1, y); }
void fill_zeros_only_where_needed(int n, float *y) {
  for (int i = 0; i < n; ++i)
    if (i % 7 != 0)
      y[i] = static_cast<float>(i % 7);
}

TEST(Validation, ARawOutputIsPoisonedAlsoWhereItWasRightBefore) {
  test_factory<void(int, float *)> factory(
      {fill, fill_without_last, fill_one_more, fill_zeros_only_where_needed}, {"n", "y"});
  std::vector<float> y(1000, 0.0F); // each seventh element is right already
  int n = 701;
  float *py = y.data();
  const auto bench = ready(factory, n, py);
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_EQ(text(bench->probe(1, 5)),
            "wrong: 1 of 701 elements of y were never written, the first is y[700]");
  EXPECT_EQ(text(bench->probe(2, 5)),
            "out_of_bounds: wrote outside of y: y[701] is beyond what the reference writes");
  EXPECT_EQ(text(bench->probe(3, 5)),
            "wrong: 101 of 701 elements of y were never written, the first is y[0]");
}

// ---- in place ----

void sort_up(int n, int *v) { std::sort(v, v + n); }
void sort_by_insertion(int n, int *v) {
  for (int i = 1; i < n; ++i)
    for (int j = i; j > 0 && v[j] < v[j - 1]; --j)
      std::swap(v[j], v[j - 1]);
}
void sort_down(int n, int *v) { std::sort(v, v + n, std::greater<>()); }

TEST(Validation, WhatIsSortedInPlaceIsPutBackBeforeEachRun) {
  test_factory<void(int, int *)> factory({sort_up, sort_by_insertion, sort_down}, {"n", "v"});
  std::vector<int> v(2000);
  for (std::size_t i = 0; i < v.size(); ++i)
    v[i] = static_cast<int>((i * 7919) % 2003);
  const std::vector<int> before = v;
  int n = 2000;
  int *pv = v.data();
  const auto bench = ready(factory, n, pv);
  EXPECT_EQ(text(bench->probe(1, 5)), "measured");
  EXPECT_THAT(text(bench->probe(2, 5)), HasSubstr("elements of v differ"));
  // Insertion sort is quadratic on this input, and linear on what it leaves.
  const std::vector<sample_request> order{{1, 3}, {0, 3}};
  const timed_round round = bench->round(order, 5);
  EXPECT_GT(round.samples[0].outcome.time_ns, 3 * round.samples[1].outcome.time_ns);
  EXPECT_EQ(v, before);
}

void histogram(std::span<const unsigned char> from, std::span<unsigned> counts) {
  for (const unsigned char each : from)
    ++counts[each];
}
void histogram_from_zero(std::span<const unsigned char> from, std::span<unsigned> counts) {
  std::fill(counts.begin(), counts.end(), 0u);
  histogram(from, counts);
}

TEST(Validation, CountersGoOnFromWhatTheyWere) {
  test_factory<void(std::span<const unsigned char>, std::span<unsigned>)> factory(
      {histogram, histogram_from_zero}, {"from", "counts"});
  std::vector<unsigned char> from(10000);
  for (std::size_t i = 0; i < from.size(); ++i)
    from[i] = static_cast<unsigned char>(i * i);
  std::vector<unsigned> counts(256, 5);
  std::span<const unsigned char> sf(from);
  std::span<unsigned> sc(counts);
  const auto bench = ready(factory, sf, sc);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_THAT(text(bench->probe(1, 5)), HasSubstr("elements of counts differ"));
}

// ---- noise that is nobody's fault ----

template <int Variant> void busy_inside(int n, const double *x, double *y) {
  static std::array<double, 32> table = [] {
    std::array<double, 32> made{};
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i] = std::sin(static_cast<double>(i));
    return made;
  }();
  static volatile int calls = 0;
  calls = calls + 1;
  std::vector<double> scratch(static_cast<std::size_t>(n + Variant * 100));
  auto *leaked = new std::string(static_cast<std::size_t>(40 + Variant), 'x'); // NOLINT: on purpose
  [[maybe_unused]] static std::string *volatile keep = nullptr;
  keep = leaked;
  for (int i = 0; i < n; ++i)
    scratch[static_cast<std::size_t>(i)] = x[i] * table[static_cast<std::size_t>(i % 32)];
  for (int i = 0; i < n; ++i)
    y[i] = scratch[static_cast<std::size_t>(i)];
}

double global_x[300], global_y[300];

TEST(Validation, AVariantsOwnStaticsAndAllocationsAreItsOwnBusiness) {
  test_factory<void(int, const double *, double *)> factory(
      {busy_inside<0>, busy_inside<1>, busy_inside<2>, busy_inside<3>}, {"n", "x", "y"});
  for (int i = 0; i < 300; ++i)
    global_x[i] = i;
  std::vector<std::vector<double>> small;
  for (int i = 0; i < 50; ++i)
    small.emplace_back(300, i);
  std::vector<double> large(1 << 20, 1), large_y(1 << 20, 1);
  int n = 300;
  double local_x[300], local_y[300];
  std::copy(std::begin(global_x), std::end(global_x), local_x);
  std::fill(std::begin(local_y), std::end(local_y), 0.5);
  const std::pair<const double *, double *> places[] = {{global_x, global_y},
                                                        {small[10].data(), small[20].data()},
                                                        {large.data() + 1000, large_y.data() + 77},
                                                        {large.data(), large.data() + 5000},
                                                        {local_x, local_y}};
  for (const auto &[from, to] : places) {
    const double *px = from;
    double *py = to;
    const auto bench = ready(factory, n, px, py);
    for (std::uint32_t variant = 0; variant < 4; ++variant)
      EXPECT_EQ(text(bench->probe(variant, 5)), "measured");
  }
}

// ---- knobs ----

void ones(std::span<float> y) { std::fill(y.begin(), y.end(), 1.0F); }
template <int Bad> void almost_ones(std::span<float> y) {
  ones(y);
  for (std::size_t i = 0; i < Bad; ++i)
    y[i * 7] = 1.05F;
}

TEST(Validation, TheShareOfMismatchesHasABoundary) {
  test_factory<void(std::span<float>)> factory({ones, almost_ones<2>, almost_ones<3>}, {"y"});
  std::vector<float> y(200);
  std::span<float> sy(y);
  const auto bench = ready(factory, sy);
  EXPECT_EQ(text(bench->probe(1, 5)), "measured") << "2 of 200 are 1 %";
  EXPECT_EQ(text(bench->probe(2, 5)),
            "wrong: 3 of 200 elements of y differ, the first is y[0]: got 1.05, expected 1");
  factory.factory.options.max_mismatched_ratio = 0;
  EXPECT_EQ(ready(factory, sy)->probe(1, 5).failure, trial_status::wrong);
  factory.factory.options.rtol = 0.05;
  EXPECT_EQ(text(ready(factory, sy)->probe(1, 5)), "measured");
}

void nans(std::span<float> y) { std::fill(y.begin(), y.end(), std::nanf("")); }

TEST(Validation, NanIsAMismatchUnlessTold) {
  test_factory<void(std::span<float>)> factory({nans}, {"y"});
  std::vector<float> y(10);
  std::span<float> sy(y);
  EXPECT_EQ(ready(factory, sy)->probe(0, 5).failure, trial_status::wrong);
  factory.factory.options.equal_nan = 1;
  EXPECT_EQ(text(ready(factory, sy)->probe(0, 5)), "measured");
}

TEST(Validation, SkipCheckSkipsTheComparisonOnly) {
  test_factory<void(std::span<float>)> factory(
      {ones, nans, [](std::span<float> y) { *(y.data() + y.size()) = -77.25f; }}, {"y"});
  std::vector<float> y(16);
  std::span<float> sy(y);
  factory.factory.options.skip_check = 1;
  const auto bench = ready(factory, sy);
  EXPECT_EQ(text(bench->probe(1, 5)), "measured");
  // ThreadSanitizer's allocator puts objects of the worker's own directly behind the buffer, and
  // AddressSanitizer does not let it get that far.
  if (!under_thread_sanitizer())
    EXPECT_THAT(bench->probe(2, 5).status(),
                testing::AnyOf(trial_status::out_of_bounds, trial_status::crashed));
}

TEST(Validation, TheFactorysOwnCheckReplacesTheComparison) {
  test_factory<void(std::span<float>)> factory({ones, nans, almost_ones<8>}, {"y"});
  std::vector<float> y(100);
  std::span<float> sy(y);
  factory.factory.options.check = [](const tl_factory *, void *const *arguments, const void *) {
    const auto &left = *static_cast<std::span<float> *>(arguments[0]);
    return std::none_of(left.begin(), left.end(), [](float value) { return std::isnan(value); });
  };
  const auto bench = ready(factory, sy);
  EXPECT_EQ(text(bench->probe(2, 5)), "measured");
  EXPECT_EQ(text(bench->probe(1, 5)), "wrong: the check said no");
}

TEST(Validation, TheReferenceDecidesAlsoAgainstTheDefault) {
  test_factory<void(std::span<float>)> factory({nans, ones}, {"y"});
  std::vector<float> y(100);
  std::span<float> sy(y);
  factory.factory.options.reference = [](const tl_factory *, void *const *arguments, void *) {
    ones(*static_cast<std::span<float> *>(arguments[0]));
  };
  const auto bench = ready(factory, sy);
  EXPECT_EQ(bench->probe(0, 5).failure, trial_status::wrong);
  EXPECT_EQ(text(bench->probe(1, 5)), "measured");
  EXPECT_GT(bench->reference_ns(), 0);
}

TEST(Validation, NoReferenceAndADefaultThatCrashes) {
  test_factory<void(std::span<float>)> factory({[](std::span<float>) { std::abort(); }, ones},
                                               {"y"});
  std::vector<float> y(100);
  std::span<float> sy(y);
  const auto bench = factory.open(sy);
  const verdict prepared = bench->prepare();
  EXPECT_EQ(text(prepared), "crashed: the default config: signal 6 (abort)");
}

// ---- kinds of arguments ----

double sum(std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0); }
double sum_wrong(std::span<const double> x) { return 2 * sum(x); }

TEST(Validation, ReturnedValuesAreCompared) {
  test_factory<double(std::span<const double>)> factory({sum, sum_wrong}, {"x"});
  std::vector<double> x(100, 1.5);
  std::span<const double> sx(x);
  const auto bench = ready(factory, sx);
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_EQ(text(bench->probe(1, 5)), "wrong: returned 300, expected 150");
}

struct statistics {
  double mean = 0;
  long count = 0;
};
void measure(const std::vector<double> &x, statistics &to, long &calls) {
  to.mean = sum(x) / static_cast<double>(x.size());
  to.count = static_cast<long>(x.size());
  ++calls;
}
void measure_wrong(const std::vector<double> &x, statistics &to, long &calls) {
  measure(x, to, calls);
  ++to.count;
}
void measure_twice(const std::vector<double> &x, statistics &to, long &calls) {
  measure(x, to, calls);
  ++calls;
}

TEST(Validation, ReferencesAreBuffersOfOne) {
  test_factory<void(const std::vector<double> &, statistics &, long &)> factory(
      {measure, measure_wrong, measure_twice}, {"x", "to", "calls"});
  const std::vector<double> x(100, 1.5);
  statistics to;
  long calls = 41;
  const auto bench = ready(factory, x, to, calls);
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_THAT(text(bench->probe(1, 5)), HasSubstr("elements of to differ"));
  EXPECT_EQ(text(bench->probe(2, 5)),
            "wrong: 1 of 1 elements of calls differ, the first is calls: got 43, expected 42");
  EXPECT_EQ(calls, 41);
  EXPECT_EQ(to.count, 0);
}

void copy_tensor(tl::tensor<const float, 2> from, tl::tensor<float, 2> to) {
  for (std::size_t i = 0; i < to.shape[0]; ++i)
    for (std::size_t j = 0; j < to.shape[1]; ++j)
      to(i, j) = from(i, j);
}
void copy_tensor_and_padding(tl::tensor<const float, 2> from, tl::tensor<float, 2> to) {
  copy_tensor(from, to);
  to.data()[to.shape[1]] = 99;
}

TEST(Validation, ThePaddingOfAStridedViewIsNotItsOwn) {
  test_factory<void(tl::tensor<const float, 2>, tl::tensor<float, 2>)> factory(
      {copy_tensor, copy_tensor_and_padding}, {"from", "to"});
  std::vector<float> a(64 * 80, 2), b(64 * 80, 3);
  tl::tensor<const float, 2> from(a.data(), {64, 64}, {80, 1});
  tl::tensor<float, 2> to(b.data(), {64, 64}, {80, 1});
  factory.factory.options.max_mismatched_ratio = 0;
  const auto bench = ready(factory, from, to);
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_EQ(bench->probe(1, 5).failure, trial_status::wrong);
}

void use_scratch(tl::in<float> x, tl::scratch<float> work, tl::out<float> y) {
  for (std::size_t i = 0; i < y.size(); ++i)
    work[i] = x[i] + 1;
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = work[i] * 2;
}
void use_more_scratch(tl::in<float> x, tl::scratch<float> work, tl::out<float> y) {
  use_scratch(x, work, y);
  work[work.size() - 1] = 17;
}
void trust_scratch(tl::in<float> x, tl::scratch<float> work, tl::out<float> y) {
  for (std::size_t i = 0; i < y.size(); ++i)
    y[i] = x[i] * 2 + (work[i] == 0 ? 2.0F : 1.0F);
}

TEST(Validation, ScratchIsNotComparedAndHoldsNothing) {
  test_factory<void(tl::in<float>, tl::scratch<float>, tl::out<float>)> factory(
      {use_scratch, use_more_scratch, trust_scratch}, {"x", "work", "y"});
  std::vector<float> x(50, 1), work(60), y(50);
  tl::in<float> ix(x);
  tl::scratch<float> swork(work);
  tl::out<float> oy(y);
  const auto bench = ready(factory, ix, swork, oy);
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_EQ(text(bench->probe(1, 5)), "measured");
  EXPECT_EQ(bench->probe(2, 5).failure, trial_status::wrong);
}

void increase(int n, int *v) {
  for (int i = 0; i < n; ++i)
    v[i] += 1;
}

TEST(Validation, MemorySharedWithOtherProcessesStaysAsItIs) {
  test_factory<void(int, int *)> factory({increase}, {"n", "v"});
  void *shared =
      ::mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  int n = 1000;
  int *v = static_cast<int *>(shared);
  v[3] = 7;
  const auto bench = ready(factory, n, v);
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_EQ(v[3], 7);
  EXPECT_EQ(v[0], 0);
  ::munmap(shared, 1 << 16);
}

TEST(Validation, LargeBuffersAreCheckedThroughFaults) {
  test_factory<void(int, int *)> factory({increase,
                                          [](int n, int *v) {
                                            increase(n, v);
                                            v[n / 2] = 0;
                                          }},
                                         {"n", "v"});
  factory.factory.options.max_mismatched_ratio = 0;
  int n = 4 << 20;
  std::vector<int> all(static_cast<std::size_t>(n) + 5, 41);
  int *v = all.data() + 1;
  const auto bench = ready(factory, n, v);
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_EQ(
      text(bench->probe(1, 5)),
      "wrong: 1 of 4194304 elements of v differ, the first is v[2097152]: got 0, expected 42");
  EXPECT_EQ(text(bench->probe(0, 5)), "measured");
  EXPECT_EQ(std::count(all.begin(), all.end(), 41), static_cast<std::ptrdiff_t>(all.size()));
}

} // namespace
} // namespace tl::rt
