// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The first call's result equals what was there (a warm-up call, the first time step): what was there is changed, and the
// reference runs again.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: heap: 6 6
// CHECK: stack: 6 6
// CHECK: object: 6 6
// RUN: %sql "select compared from sessions" | FileCheck %s --check-prefix=COMPARED
// COMPARED: y, 0 of 4096 elements changed

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void scale(int n, float f, const float *x, float *y) {
  const int m = C.unroll == 8 ? n / 2 : n; // 8 forgets half of it
  for (int i = 0; i < m; ++i)
    y[i] = f * x[i];
}
struct buffers {
  const float *x;
  float *y;
};
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void scale_in(int n, float f, buffers &of) {
  const int m = C.unroll == 8 ? n / 2 : n;
  for (int i = 0; i < m; ++i)
    of.y[i] = f * of.x[i];
}

int main() {
  const int n = 4096;
  std::vector<float> x(n), y(n);
  scale(n, 3, x.data(), y.data());
  for (auto &it : x)
    it = 2;
  scale(n, 3, x.data(), y.data());
  std::printf("heap: %g %g\n", y[0], y[n - 1]);
  std::vector<float> zeros(n + 1);
  float on_stack[n + 1] = {};
  scale(n + 1, 3, zeros.data(), on_stack);
  std::vector<float> twos(n + 1, 2);
  scale(n + 1, 3, twos.data(), on_stack);
  std::printf("stack: %g %g\n", on_stack[0], on_stack[n]);
  std::vector<float> more(n);
  buffers of{zeros.data(), more.data()};
  scale_in(n, 3, of);
  of.x = twos.data();
  scale_in(n, 3, of);
  std::printf("object: %g %g\n", more[0], more[n - 1]);
}
