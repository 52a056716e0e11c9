// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A stored winner that says of itself that it cannot run for a later call does not end the program:
// another config runs. Neither where a fact of the call is new (then it is not run on the caller's
// data at all), nor where nothing but the variant can know.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>/dev/null | FileCheck %s
// RUN: %t 2>/dev/null | FileCheck %s
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=ONE
// ONE: 1
// CHECK: first: pairs=1, 0 wrong
// CHECK-NEXT: unaligned: pairs=0, 0 wrong
// CHECK-NEXT: content: pairs=0, 0 wrong
// CHECK-NEXT: content: pairs=0, 0 wrong
// CHECK-NEXT: first: pairs=1, 0 wrong
// CHECK-NEXT: the default config's own reaches the caller: nothing fits

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

static int ran;

struct config {
  bool pairs = false;
};

template <config C = config{}>
[[tl::autotune({.pairs = true}, rep = 5, warmup = 0)]]
void half(int n, const float *x, float *y) {
  if (x[0] < -1)
    throw tl::infeasible("nothing fits");
  if constexpr (C.pairs) {
    if (reinterpret_cast<std::size_t>(x) % 16)
      throw tl::infeasible("needs 16-byte rows");
    if (x[0] < 0)
      throw tl::infeasible("needs a positive first element");
    for (int i = 0; i < n; ++i)
      y[i] = x[i] / 2;
  } else {
    for (int i = 0; i < n; ++i) {
      y[i] = x[i] / 2;
      for (int k = 0; k < 10; ++k)
        asm volatile("" ::: "memory");
    }
  }
  ran = C.pairs;
}

int main() {
  constexpr int n = 2048;
  std::vector<float> memory_x(n + 80), memory_y(n + 80);
  const auto aligned = [](std::vector<float> &of) {
    float *at = of.data();
    while (reinterpret_cast<std::size_t>(at) % 256)
      ++at;
    return at;
  };
  float *const x = aligned(memory_x), *const y = aligned(memory_y);
  for (int i = 0; i < n + 4; ++i)
    x[i] = static_cast<float>(i);
  const auto call = [&](const char *what, int offset) {
    half(n, x + offset, y + offset);
    int wrong = 0;
    for (int i = 0; i < n; ++i)
      wrong += y[offset + i] != x[offset + i] / 2;
    std::printf("%s: pairs=%d, %d wrong\n", what, ran, wrong);
  };
  call("first", 0);
  call("unaligned", 1);
  x[0] = -1;
  call("content", 0);
  call("content", 0);
  x[0] = 0;
  call("first", 0);
  x[0] = -2;
  try {
    call("nothing", 0);
  } catch (const tl::infeasible &thrown) {
    std::printf("the default config's own reaches the caller: %s\n", thrown.what());
  }
}
