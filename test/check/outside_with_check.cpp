// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes past the end are errors also where the program's own check, or none, judges the results.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: check: 5
// CHECK: skip_check: 5
// RUN: %sql "select count(*) from trials where config = 'unroll=8' and status = 12" | FileCheck %s --check-prefix=OUTSIDE
// OUTSIDE: 2

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
static bool doubled(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    if (y[i] != 2 * x[i])
      return false;
  return true;
}
template <config C> void body(int n, const float *x, float *y) {
  if (C.unroll == 8) {
    asm("" : "+r"(y));
    for (int i = 0; i < n + 8; ++i) // 8 too many
      y[i] = i < n ? 2 * x[i] : -1;
    return;
  }
  for (int i = 0; i < n; ++i) {
    volatile float w = 2 * x[i];
    w = w;
    y[i] = w;
  }
}
template <config C = config{}>
[[tl::autotune({.unroll = 8}, check = doubled, rep = 10, warmup = 1)]]
void checked(int n, const float *x, float *y) { body<C>(n, x, y); }
template <config C = config{}>
[[tl::autotune({.unroll = 8}, skip_check = true, rep = 10, warmup = 1)]]
void trusted(int n, const float *x, float *y) { body<C>(n, x, y); }

int main() { // the buffers: halves of larger blocks
  std::vector<float> x(4096, 1), y(8192, 5), z(8192, 5);
  checked(4096, x.data(), y.data());
  std::printf("check: %g\n", y[4096]);
  trusted(4096, x.data(), z.data());
  std::printf("skip_check: %g\n", z[4096]);
}
