// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data in a block of another thread's heap that look like the headers of blocks: how far the block goes is known all the
// same.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: right

#include <tl/autotune.h>

#include <cstdio>
#include <thread>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
template <config C = config{}>
[[tl::autotune({.unroll = 8}, rep = 10, warmup = 1)]]
void add(int n, long v, long *y) {
  const int m = C.unroll == 8 ? n / 2 : n; // wrong, and the fastest
  for (int i = 0; i < m; ++i)
    y[i] += v;
}

int main() {
  bool right = true;
  std::thread([&] {
    const int n = 4096;
    std::vector<long> y(2 * n, 101);
    add(n, 5, y.data() + n);
    for (int i = 0; i < n; ++i)
      right = right && y[n + i] == 106;
  }).join();
  std::printf("%s\n", right ? "right" : "WRONG");
}
