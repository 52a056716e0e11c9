// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that are right on their first run only: tables that are not cleared, a stale cache. The winner is checked again
// after the race.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: 65536 65536 65536
// CHECK: 2 2
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// ERR: hist(n=65536): config unroll=8 was right at first and is not right after the race
// RUN: %sql "select count(*) from trials where config = 'unroll=8' and status = 2" | FileCheck %s --check-prefix=WRONG
// WRONG: 2

#include <tl/autotune.h>

#include <cstdio>
#include <cstring>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void hist(int n, const unsigned char *x, int *bins) {
  if (C.unroll == 8) {
    static int t[4][256];
    for (int i = 0; i < n; i += 4)
      for (int k = 0; k < 4; ++k)
        ++t[k][x[i + k]];
    for (int b = 0; b < 256; ++b)
      bins[b] = t[0][b] + t[1][b] + t[2][b] + t[3][b];
    return;
  }
  std::memset(bins, 0, 1024);
  for (int i = 0; i < n; ++i)
    for (int w = 0; w < 4; ++w)
      *(volatile int *)&bins[x[i]] += w == 0;
}
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void work(int n, const float *x, float *y) {
  static int calls = 0;
  ++calls;
  if (C.unroll == 8 && calls > 2) {
    for (int i = 0; i < n; ++i)
      y[i] = -1;
    return;
  }
  for (int i = 0; i < n; ++i)
    for (int w = 0; w < (C.unroll == 1 ? 4 : 1); ++w)
      *(volatile float *)&y[i] = 2 * x[i];
}

int main() {
  std::vector<unsigned char> x(1 << 16, 7);
  std::vector<int> bins(256);
  for (int k = 0; k < 3; ++k) {
    hist(1 << 16, x.data(), bins.data());
    std::printf("%d%c", bins[7], k == 2 ? '\n' : ' ');
  }
  std::vector<float> from(4096, 1), to(4096);
  work(4096, from.data(), to.data());
  work(4096, from.data(), to.data());
  std::printf("%g %g\n", to[0], to[9]);
}
