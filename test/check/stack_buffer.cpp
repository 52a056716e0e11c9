// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Large arrays on the caller's stack: compared and put back to their end.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: output: right
// CHECK: in place: right

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
template <config C = config{}>
[[tl::autotune({.unroll = 8}, rep = 5, warmup = 1)]]
void fill(int n, float v, float *y) {
  const int m = C.unroll == 8 ? n / 2 : n; // wrong, and the fastest
  for (int i = 0; i < m; ++i)
    y[i] = v;
}
template <config C = config{}>
[[tl::autotune({.unroll = 8}, rep = 5, warmup = 1)]]
void add_one(int n, float *y) {
  const int m = C.unroll == 8 ? n / 2 : n;
  for (int i = 0; i < m; ++i)
    y[i] += 1;
}

int main() {
  constexpr int n = 1 << 20;
  float y[n];
  for (int i = 0; i < n; ++i)
    y[i] = 3;
  fill(n, 6, y);
  bool right = true;
  for (int i = 0; i < n; ++i)
    right = right && y[i] == 6;
  std::printf("output: %s\n", right ? "right" : "WRONG");
  for (int i = 0; i < n; ++i)
    y[i] = i % 100;
  add_one(n, y);
  right = true;
  for (int i = 0; i < n; ++i)
    right = right && y[i] == i % 100 + 1;
  std::printf("in place: %s\n", right ? "right" : "WRONG");
}
