// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs without symbols that have the runtime in them: linked in each way that moves variables about,
// then stripped. Arrays of the program behind raw pointers are tuned, what a variant does to global
// variables is compared, and the runtime's own variables are nobody's.
//
// UNSUPPORTED: sanitizer
// RUN: rm -rf %t && mkdir %t
// RUN: %clangxx %plugin -O1 -c %s -o %t/main.o
// RUN: %clangxx %t/main.o -o %t/1 %runtime_static -pthread
// RUN: %clangxx %t/main.o -o %t/2 %runtime_static -pthread -Wl,--gc-sections
// RUN: %clangxx %t/main.o -o %t/3 %runtime_static -pthread -fuse-ld=lld
// RUN: %clangxx %t/main.o -o %t/4 %runtime_static -pthread -fuse-ld=lld -Wl,--gc-sections,-z,now
// RUN: %clangxx %t/main.o -o %t/5 %runtime_static -pthread -static
// RUN: %clangxx %t/main.o -o %t/6 %runtime_static -pthread -static-pie
// RUN: %clangxx %t/main.o -o %t/7 %runtime_static -pthread -no-pie -rdynamic
// RUN: %clangxx %t/main.o -o %t/8 %runtime
// RUN: for i in 1 2 3 4 5 6 7 8; do \
// RUN:   strip %t/$i && env TL_CACHE_DIR=%t/c$i timeout 100 %t/$i 2>&1 && \
// RUN:   env TL_CACHE_DIR=%t/c$i %trials || exit 1; \
// RUN: done | FileCheck %s
//
// CHECK-COUNT-8: {{^}}zeros: right, data: right, counted: right{{([[:space:]]+.*\|.*)+}}
// CHECK-NOT: {{WRONG|warning}}

#include "Inputs/host.h"

#include <cstdio>
#include <numeric>

using namespace tl::keywords;

static float zeros_x[1 << 18], zeros_y[1 << 18];
static float data_x[4096] = {1, 2, 3}, data_y[4096] = {4, 5, 6};
static long counted = 5;

/// One of the variants forgets what it has to count.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 3, warmup = 1)]]
void count(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = x[i] + 1;
  if (C.step != 4)
    counted += n;
}

int main() {
  zeros_x[9] = 3;
  host::twice(1 << 18, zeros_x, zeros_y);
  host::twice(4096, data_x, data_y);
  std::vector<float> x(1000, 1), y(1000);
  count(1000, x.data(), y.data());
  std::printf("zeros: %s, data: %s, counted: %s\n", zeros_y[9] == 6 ? "right" : "WRONG",
              data_y[2] == 6 ? "right" : "WRONG", y[9] == 2 && counted == 1005 ? "right" : "WRONG");
}
