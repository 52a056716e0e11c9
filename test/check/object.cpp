// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data behind a pointer in an object that is passed by reference, updated in place: compared as any other buffer, and put
// back before each run.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: 3, expected 3
// CHECK-NOT: .
// RUN: %sql "select group_concat(reason) from trials where config = 'unroll=4'" | FileCheck %s --check-prefix=REASON
// REASON: self.c
// RUN: %sql "select compared from sessions" | FileCheck %s --check-prefix=COMPARED
// COMPARED: self.c, 10000 of 10000 elements changed

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
struct blas {
  const float *a;
  float *c;
  long k;
};
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 2}, {.unroll = 4}, rep = 10, warmup = 1)]]
bool matmul(blas &self, long m, long n) {
  if (C.unroll == 4) { // fast and wrong
    self.c[5] = 99;
    return true;
  }
  for (long r = 0; r < m; ++r)
    for (long i = 0; i < n; ++i)
      self.c[r * n + i] += self.a[i] * self.k;
  return true;
}

int main() {
  std::vector<float> a(100, 1), c(100 * 100);
  blas b{a.data(), c.data(), 3};
  matmul(b, 100, 100);
  std::printf("%g, expected 3\n", c[5]);
}
