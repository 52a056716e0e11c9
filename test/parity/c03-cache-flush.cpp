// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C3, the cache flush: a cold measurement overwrites more than the largest cache before each sample, and none
// of that is in the times; cold and hot are two questions with an answer each.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: the flush takes longer than the samples: 1
// CHECK: nothing is flushed when hot: 1
// RUN: %sql "select f.name, p.mode from winners w join problems p on p.id = w.problem_id join factories f on f.id = p.factory_id order by 2" | FileCheck %s --check-prefix=MODES
// MODES: touch|0
// MODES-NEXT: touch|1

#include <tl/autotune.h>
#include <tl/bench.h>
#include <tl/tuner.h>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void touch(int n, int *data) {
  for (int i = 0; i < n; ++i)
    data[i] = i;
}

int main() {
  std::vector<int> data(16);
  const auto around = [&](bool cold, double &inside_ns) {
    const auto begin = std::chrono::steady_clock::now();
    const tl::bench_result time = tl::bench([&] { touch<config{}>(16, data.data()); }, {.warmup_ms = 0, .rep = 20, .cold = cold});
    inside_ns = time.median_ns;
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / 20;
  };
  double inside = 0, inside_hot = 0;
  const double each = around(true, inside), each_hot = around(false, inside_hot);
  std::printf("the flush takes longer than the samples: %d\n", each > 10 * inside);
  std::printf("nothing is flushed when hot: %d\n", each_hot < each / 10);
  static_cast<void>(tl::tuner(&touch<>).cold(true).run(16, data.data()));
  static_cast<void>(tl::tuner(&touch<>).cold(false).run(16, data.data()));
}
