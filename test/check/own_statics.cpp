// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Static variables of a function, and memory that hangs on them, are its own business: variants that keep other things there
// are right.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: 0 wrong
// RUN: %sql "select count(*) from trials where status in (1, 9)" | FileCheck %s --check-prefix=RIGHT
// RIGHT: 6
// RUN: %sql "select distinct compared from sessions" | FileCheck %s --check-prefix=COMPARED
// COMPARED: y, {{[0-9]+}} of {{[0-9]+}} elements changed{{$}}
// COMPARED-NOT: memory

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int block = 1;
};
static std::vector<float> &workspace(int n) {
  static std::vector<float> kept; // shared by all variants, which keep different things in it
  static int calls;
  ++calls;
  if (int(kept.size()) < n)
    kept.resize(n);
  return kept;
}
template <config C = config{}>
[[tl::autotune({.block = 2}, {.block = 4}, rep = 10, warmup = 1)]]
void smooth(int n, const float *x, float *y) {
  std::vector<float> &kept = workspace(n);
  for (int i = 0; i < n; ++i)
    kept[i] = x[i] * C.block;
  for (int i = 0; i < n; ++i)
    y[i] = kept[i] / C.block;
}

int main() {
  int wrong = 0;
  for (int n : {3000, 2000}) {
    std::vector<float> x(n, 1.5f), y(n);
    smooth(n, x.data(), y.data());
    for (float it : y)
      wrong += it != 1.5f;
  }
  std::printf("%d wrong\n", wrong);
}
