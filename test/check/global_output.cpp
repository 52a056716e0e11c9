// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results in variables at file scope, which are no argument: found, compared by value, and put back before each run.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: wrong: 0, ran mode 2
// RUN: %sql "select compared from sessions" | FileCheck %s --check-prefix=COMPARED
// COMPARED: field, 4096 of 4096 elements changed

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

static float field[4096];
static int ran; // tells variants apart on purpose, and is no result
struct config {
  int mode = 0;
};
template <config C = config{}>
[[tl::autotune({.mode = 1}, {.mode = 2}, rep = 10, warmup = 1)]]
void step(int n, float by) {
  for (int i = 0; i < n; ++i) {
    field[i] += C.mode == 1 ? 2 * by : by;
    if (C.mode == 0)
      for (volatile int w = 0; w < 10; w = w + 1)
        asm volatile("" ::: "memory");
    if (C.mode == 2)
      asm volatile("" ::: "memory");
  }
  ran = 10 + C.mode;
}

int main() {
  step(4096, 1.f);
  int wrong = 0;
  for (float it : field)
    wrong += it != 1.f;
  std::printf("wrong: %d, ran mode %d\n", wrong, ran - 10);
}
