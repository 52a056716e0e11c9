// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads of a team that call at once run the same variant, however long its session takes: each
// does every second tile, so that two variants side by side would be wrong. A thread that waits for
// another process gets what everybody else in its process gets.
//
// RUN: rm -rf %t.cache1
// RUN: %clangxx -O2 %plugin %s -o %t %runtime -pthread
// RUN: env TL_CACHE_DIR=%t.cache1 %t 2>&1 | %filecheck %s
// CHECK: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
// CHECK-NEXT: 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2
//
// Another process tunes on this device meanwhile, and is named.
// RUN: rm -rf %t.cache2 && mkdir %t.cache2
// RUN: env TL_CACHE_DIR=%t.cache2 %t other & sleep 1; \
// RUN:   env TL_CACHE_DIR=%t.cache2 TL_LOG=info %t > %t.out 2>&1; wait; FileCheck %s --check-prefix=OTHER < %t.out
// OTHER: waits for process {{[1-9][0-9]*}}, which is tuning on this device
// OTHER: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1

#include <tl/autotune.h>

#include <cstdio>
#include <thread>
#include <unistd.h>

using namespace tl::keywords;

struct config {
  int tile = 1;
};
constexpr auto space = tl::space<config>().axis(&config::tile, {1, 2, 3, 4});

static int by_n(int n, int *, int) { return n; }

/// Slow enough that the others have given up waiting for anything that is bounded by the time of
/// a few calls.
template <config C = config{}>
[[tl::autotune(configs = space, key = by_n, skip_check = true, rep = 3, warmup = 0)]]
void step(int n, int *out, int member) {
  usleep(C.tile == 1 ? 150000 : 100000);
  for (int t = member; t * C.tile < n; t += 2)
    for (int i = t * C.tile; i < (t + 1) * C.tile && i < n; ++i)
      out[i] += 1;
}

template <config C = config{}>
[[tl::autotune(configs = space, rep = 8, warmup = 0)]]
void other(int n, int *out) {
  usleep(C.tile == 1 ? 150000 : 100000);
  out[0] = n;
}

int main(int argc, char **) {
  int out[16] = {};
  if (argc > 1) {
    other(16, out);
    return 0;
  }
  for (int round = 0; round < 2; ++round) {
    std::thread first([&] { step(16, out, 0); }), second([&] { step(16, out, 1); });
    first.join();
    second.join();
    for (const int it : out)
      std::printf("%d ", it);
    std::printf("\n");
  }
}
