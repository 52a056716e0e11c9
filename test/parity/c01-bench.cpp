// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C1, `do_bench`: tl::bench gives mean, median, least, largest, the quantiles that are asked for, and all
// samples in the order in which they were taken; without the plugin and without the runtime.
//
// RUN: %clangxx -O1 %s -o %t
// RUN: %t | %filecheck %s
// CHECK: 21 calls, 20 samples, the seventh took longest: 1
// CHECK: least 1 ms or more: 1, least <= median <= mean: 1, largest 30 ms or more: 1
// CHECK: quantiles 3: least 1, median 1, largest 1
// CHECK: as many samples as rep_ms asks for: 10
// CHECK: thrown: no device

#include <tl/bench.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include <unistd.h>

int main() {
  int calls = 0;
  const tl::bench_result time = tl::bench([&] { usleep(++calls == 8 ? 30'000 : 1'000); },
                                          {.warmup_ms = 0, .rep = 20, .quantiles = {0, 0.5, 1}});
  const auto longest = std::max_element(time.samples_ns.begin(), time.samples_ns.end()) - time.samples_ns.begin();
  std::printf("%d calls, %zu samples, the seventh took longest: %d\n", calls, time.samples_ns.size(), longest == 6);
  std::printf("least 1 ms or more: %d, least <= median <= mean: %d, largest 30 ms or more: %d\n", time.min_ns >= 1e6,
              time.min_ns <= time.median_ns && time.median_ns <= time.mean_ns, time.max_ns >= 30e6);
  std::printf("quantiles %zu: least %d, median %d, largest %d\n", time.quantiles.size(), time.quantiles[0] == time.min_ns,
              time.quantiles[1] == time.median_ns, time.quantiles[2] == time.max_ns);
  std::printf("as many samples as rep_ms asks for: %zu\n",
              tl::bench([] { usleep(2000); }, {.warmup_ms = 0, .rep_ms = 20}).samples_ns.size());
  try {
    tl::bench([] { throw std::runtime_error("no device"); });
  } catch (const std::runtime_error &thrown) {
    std::printf("thrown: %s\n", thrown.what());
  }
}
