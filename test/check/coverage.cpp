// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Counters of coverage and profiles are no results: each variant has its own, and those of the reference were missed in
// all others. Not what -fprofile-generate notes of values in memory of its own: that is compared, so -disable-vp.
//
// RUN: %clangxx -O1 %plugin -fprofile-instr-generate -fcoverage-mapping %s -o %t.1 %runtime
// RUN: %clangxx -O1 %plugin -fprofile-generate -mllvm -disable-vp %s -o %t.2 %runtime
// RUN: mkdir -p %t.gcov && cd %t.gcov && %clangxx -O1 %plugin --coverage %s -o %t.3 %runtime
// RUN: env LLVM_PROFILE_FILE=%t.1.raw TL_LOG=info %t.1 2>&1 | %filecheck %s
// RUN: rm -r %t.cache && env LLVM_PROFILE_FILE=%t.2.raw TL_LOG=info %t.2 2>&1 | %filecheck %s
// RUN: rm -r %t.cache && env GCOV_PREFIX=%t.gcov TL_LOG=info %t.3 2>&1 | %filecheck %s
//
// CHECK: compared: y, 1000 of 1000 elements changed; calls, 1 of 1 elements changed; rejected: 1 wrong
// CHECK: right

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
  int called = 1;
};

static int calls = 0; // the program's own counter is a result

template <config C = config{}>
[[tl::autotune({.unroll = 2}, {.unroll = 3}, {.unroll = 4, .called = 2}, rep = 5, timeout = 20)]]
void scale(int n, const float *x, float *y) {
  calls += C.called;
  for (int first = 0; first < C.unroll; ++first)
    for (int i = first; i < n; i += C.unroll)
      y[i] = x[i] > 0 ? 2 * x[i] : 0;
}

int main() {
  std::vector<float> x(1000, 1.0f), y(1000);
  scale(1000, x.data(), y.data());
  std::puts(y[999] == 2 && calls == 1 ? "right" : "WRONG");
}
