// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B7, the reference's latency is measured with the variants, and is in the result and in the store.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: the reference takes longer than the winner: 1, at least 2 ms: 1
// RUN: %sql "select reference_median_ns > 2 * median_ns, reference_median_ns >= 2e6 from winners" | FileCheck %s --check-prefix=STORED
// STORED: 1|1

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <vector>

#include <unistd.h>

using namespace tl::keywords;

struct config {
  int step = 1;
};

static void careful(int n, tl::in<int> from, tl::out<int> to) {
  usleep(2000);
  for (int i = 0; i < n; ++i)
    to.data()[i] = from.data()[i] + 1;
}

template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, reference = careful, warmup = 0, rep = 6)
void increment(int n, tl::in<int> from, tl::out<int> to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to.data()[i] = from.data()[i] + 1;
}

int main() {
  std::vector<int> from(1000, 1), to(1000);
  const tl::tuning_result found = tl::tuner(&increment<>).run(1000, from, to);
  std::printf("the reference takes longer than the winner: %d, at least 2 ms: %d\n",
              found.reference_latency_ns > found.latency_ns, found.reference_latency_ns >= 2e6);
}
