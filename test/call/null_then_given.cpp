// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An optional pointer that was null when a problem was tuned is given later: a variant that forgets
// it is not used. The same the other way round, and for numbers that are special: with beta = 0 an
// output is not read, whatever it holds.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>/dev/null | %filecheck %s
// RUN: %t 2>/dev/null | %filecheck %s
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=SESSIONS
// SESSIONS: 4
// CHECK: no weights: 3
// CHECK-NEXT: weights: 6
// CHECK-NEXT: no weights: 3
// CHECK-NEXT: weights: 6
// CHECK-NEXT: no weights: 3
// CHECK-NEXT: beta 1: 8
// CHECK-NEXT: beta 0: 3
// CHECK-NEXT: beta 2: 13
// CHECK-NEXT: beta 1: 8
// CHECK-NEXT: in a struct, beta 1: 8
// CHECK-NEXT: in a struct, beta 0: 3

#include <tl/autotune.h>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  bool short_cut = false;
};

static void slowly() {
  for (int k = 0; k < 10; ++k)
    asm volatile("" ::: "memory");
}

template <config C = config{}>
[[tl::autotune({.short_cut = true}, rep = 5, warmup = 0)]]
void weigh(int n, const float *w, const float *x, float *y) {
  for (int i = 0; i < n; ++i) {
    y[i] = C.short_cut ? x[i] : w ? w[i] * x[i] : x[i]; // forgets the weights
    if (!C.short_cut)
      slowly();
  }
}

/// Reads what weights there are; a null pointer is one that it has not met.
template <config C = config{}>
[[tl::autotune({.short_cut = true}, rep = 5, warmup = 0)]]
void weigh_always(int n, const float *w, const float *x, float *y) {
  for (int i = 0; i < n; ++i) {
    y[i] = C.short_cut || w ? w[i] * x[i] : x[i];
    if (!C.short_cut)
      slowly();
  }
}

/// y = x + beta * y.
template <config C = config{}>
[[tl::autotune({.short_cut = true}, rep = 5, warmup = 0)]]
void add(int n, const float *x, float beta, float *y) {
  for (int i = 0; i < n; ++i) {
    y[i] = C.short_cut ? x[i] + beta * y[i] : beta == 0 ? x[i] : x[i] + beta * y[i];
    if (!C.short_cut)
      slowly();
  }
}

struct factors {
  int n;
  float beta[2];
};
template <config C = config{}>
[[tl::autotune({.short_cut = true}, rep = 5, warmup = 0)]]
void add_struct(const factors &f, const float *x, float *y) {
  for (int i = 0; i < f.n; ++i) {
    y[i] = C.short_cut ? x[i] + f.beta[1] * y[i] : f.beta[1] == 0 ? x[i] : x[i] + f.beta[1] * y[i];
    if (!C.short_cut)
      slowly();
  }
}

int main() {
  constexpr int n = 1024;
  std::vector<float> x(n, 3), y(n), w(n, 2);
  weigh(n, nullptr, x.data(), y.data());
  std::printf("no weights: %g\n", y[4]);
  weigh(n, w.data(), x.data(), y.data());
  std::printf("weights: %g\n", y[4]);
  weigh(n, nullptr, x.data(), y.data());
  std::printf("no weights: %g\n", y[4]);
  weigh_always(n, w.data(), x.data(), y.data());
  std::printf("weights: %g\n", y[4]);
  weigh_always(n, nullptr, x.data(), y.data());
  std::printf("no weights: %g\n", y[4]);
  const auto run = [&](float beta, float before) {
    y.assign(n, before);
    add(n, x.data(), beta, y.data());
    std::printf("beta %g: %g\n", beta, y[4]);
  };
  run(1, 5);
  run(0, std::nanf(""));
  run(2, 5);
  run(1, 5);
  for (const float beta : {1.0f, 0.0f}) {
    y.assign(n, beta == 0 ? std::nanf("") : 5.0f);
    add_struct({n, {7, beta}}, x.data(), y.data());
    std::printf("in a struct, beta %g: %g\n", beta, y[4]);
  }
}
