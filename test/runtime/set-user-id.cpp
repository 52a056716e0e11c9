// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A set-user-id program takes nothing from the environment: neither what to do (TL_TUNE, with which it
// would end) nor where (TL_CACHE_DIR, XDG_CACHE_HOME, HOME, a file for messages).
//
// REQUIRES: root
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: rm -rf %t.home && mkdir -m 777 %t.home
// RUN: not env TL_TUNE=require %t
// RUN: chown 65534 %t && chmod 4755 %t
// RUN: env TL_TUNE=require TL_LOG=debug:%t.home/log XDG_CACHE_HOME=%t.home HOME=%t.home %t 2>&1 | FileCheck %s
// CHECK: tl: warning: no cache directory: a program with the rights of another user
// CHECK-NOT: tl:
// CHECK: right as 65534
// RUN: %python -c "import os, sys; sys.exit(bool(os.listdir(sys.argv[1])))" %t.home

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

#include <unistd.h>

using namespace tl::keywords;

struct config {
  int u = 1;
};

template <config C = config{}>
[[tl::autotune({.u = 1}, {.u = 2}, rep = 3, warmup = 0)]]
void fill(int n, int *to) {
  for (int first = 0; first < C.u; ++first)
    for (int i = first; i < n; i += C.u)
      to[i] = i;
}

int main() {
  std::vector<int> to(100);
  fill(100, to.data());
  std::printf("%s as %d\n", to[99] == 99 ? "right" : "wrong", int(geteuid()));
}
