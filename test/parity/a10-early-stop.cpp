// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A10, early stop: of a variant that is far from the best the first run is the last one, and what it
// costs is bounded by a small multiple of the best, not by `timeout`; near ones take samples to the end.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: late 20 ms: cut, 0 samples, first run {{[0-9.]+}} ms, the best one
// CHECK: late 20 ms counts in proportion to first runs: yes
// CHECK: late 0 ms: measured, more than 3 samples
// CHECK: late 5000 ms: timed_out
// CHECK: within 5 s: yes

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include <unistd.h>

using namespace tl::keywords;

struct config {
  int late = 0; ///< [ms]
};
inline constexpr auto delays = tl::space<config>().axis(&config::late, {0, 20, 5000});

template <config C = config{}>
TL_AUTOTUNE(configs = delays, timeout = 60, warmup = 0, rep = 8)
void fill(int n, tl::out<int> to) {
  usleep(200 + 1000 * C.late);
  for (int i = 0; i < n; ++i)
    to.data()[i] = i;
}

int main() {
  std::vector<int> to(100);
  const auto begin = std::chrono::steady_clock::now();
  const tl::tuning_result found = tl::tuner(&fill<>).run(100, to);
  const auto took = std::chrono::steady_clock::now() - begin;
  const tl::trial_result &near = *found.trial("late=0"), &far = *found.trial("late=20"), &hopeless = *found.trial("late=5000");
  std::printf("late 20 ms: %s, %zu samples, %s\n", far.status.c_str(), far.samples_ns.size(), far.reason.c_str());
  // A first run is told with three digits; only its ratio to the best one says how much slower it is.
  double first = 0, best = 0;
  const bool read = std::sscanf(far.reason.c_str(), "first run %lf ms, the best one %lf us", &first, &best) == 2;
  const double expected = near.median_ns * 1e3 * first / best;
  std::printf("late 20 ms counts in proportion to first runs: %s\n",
              read && std::abs(far.median_ns - expected) < 0.011 * expected ? "yes" : "no");
  std::printf("late 0 ms: %s, %s than 3 samples\n", near.status.c_str(), near.samples_ns.size() > 3 ? "more" : "not more");
  std::printf("late 5000 ms: %s, %s\n", hopeless.status.c_str(), hopeless.reason.c_str());
  std::printf("within 5 s: %s\n", took < std::chrono::seconds(5) ? "yes" : "no");
}
