// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that add up what they never wrote to a workspace: zero pages make them look right, until another kernel has
// used the workspace. What the reference does not even read is poisoned.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: wrong: 0
// CHECK: wrong: 0

#include <tl/autotune.h>

#include <cstdio>
#include <sys/mman.h>
#include <vector>

using namespace tl::keywords;

struct config {
  int split = 1;
};
template <config C = config{}>
[[tl::autotune({.split = 2}, {.split = 4}, rep = 10, warmup = 1)]]
void add_slabs(int n, const float *x, float *y, float *workspace) {
  for (int i = 0; i < n; ++i) {
    y[i] = x[i] + 1;
    if (C.split == 1) // the right one is slower
      for (volatile int w = 0; w < 20; w = w + 1)
        asm volatile("" ::: "memory");
  }
  if (C.split > 1)
    for (int s = 0; s < C.split; ++s)
      for (int i = 0; i < n; ++i)
        y[i] += workspace[s * n + i];
}

int main() {
  const int n = 4096;
  std::vector<float> x(n, 1.f), y(n);
  auto *workspace = static_cast<float *>(mmap(nullptr, sizeof(float) * n * 4, PROT_READ | PROT_WRITE,
                                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (const float dirt : {0.f, 1e6f}) {
    for (int i = 0; i < 4 * n; ++i)
      workspace[i] = dirt;
    add_slabs(n, x.data(), y.data(), workspace);
    int wrong = 0;
    for (float it : y)
      wrong += it != 2.f;
    std::printf("wrong: %d\n", wrong);
  }
}
