// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference leaves part of an output as it was: a variant that writes zeros there is wrong, and one that does not write
// what the reference wrote without changing it, too.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: 5 3
// CHECK: 5

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void masked(int n, const int *mask, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    if (C.unroll == 8) {
      y[i] = mask[i] ? x[i] : 0;
    } else {
      volatile float w = 0;
      w = w;
      if (mask[i])
        y[i] = x[i] + w;
    }
}
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void same(int n, const float *x, float *y) {
  const int m = C.unroll == 8 ? n / 2 : n;
  for (int i = 0; i < m; ++i)
    y[i] = x[i];
}

int main() {
  const int n = 4096;
  std::vector<int> mask(n);
  std::vector<float> x(n, 5), y(n, 3);
  for (int i = 0; i < n; ++i)
    mask[i] = i % 3 == 0;
  masked(n, mask.data(), x.data(), y.data());
  std::printf("%g %g\n", y[0], y[1]);
  std::vector<float> z(x);
  same(n, x.data(), z.data()); // writes what is there
  std::vector<float> w(n, 1);
  same(n, x.data(), w.data());
  std::printf("%g\n", w[n - 1]);
}
