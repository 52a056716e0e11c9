// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A variant makes a table in its first call, which takes four times as long as the others, and is the fastest
// from then on. Its first run is not taken for what it costs: it is measured, and wins. (What is killed, from
// ten times and 0.25 s on: docs/measurement.md.)
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout 100 %t | %filecheck %s
// CHECK: right
// RUN: %trials | FileCheck %s --check-prefix=RECORD
// RECORD: step=4|measured|
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: step=4

#include "Inputs/host.h"

#include <unistd.h>

using namespace tl::keywords;

// Times that are slept: they are the same on a busy machine.
template <host::config C = host::config{}>
[[tl::autotune({.step = 1}, {.step = 2}, {.step = 4}, timeout = 20, rep = 3, warmup = 1)]]
void works(int n, const float *x, float *y) {
  if (C.step == 4) {
    static const bool once = usleep(100000) == 0;
    static_cast<void>(once);
  }
  usleep(C.step == 4 ? 2000 : 25000);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

int main() {
  std::vector<float> x(4096, 1), y(4096);
  works(4096, x.data(), y.data());
  std::puts(y[7] == 2 ? "right" : "WRONG");
}
