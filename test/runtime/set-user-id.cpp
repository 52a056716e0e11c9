// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A set-user-id or set-group-id program takes nothing from the environment: neither what to do (TL_TUNE, with
// which it would end, a config by force, other databases) nor where (TL_CACHE_DIR, XDG_CACHE_HOME, HOME, a
// file for messages). It is tuned all the same, and leaves no file.
//
// REQUIRES: root, reachable-by-others
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: rm -rf %t.home && mkdir -m 777 %t.home
// RUN: not env TL_TUNE=require %t
// RUN: env TL_FORCE_CONFIG=u=2 %t 2>&1 | FileCheck %s --check-prefix=ORDINARY
// ORDINARY: right as 0, 0, u=2 ran
// DEFINE: %{hostile} = env TL_TUNE=require TL_FORCE_CONFIG=u=2 TL_DB_PATH=%t.home/db TL_LOG=debug:%t.home/log \
// DEFINE:   TL_CACHE_DIR=%t.home/cache XDG_CACHE_HOME=%t.home HOME=%t.home
// RUN: chown 65534:0 %t && chmod 4755 %t
// RUN: %{hostile} %t 2>&1 | FileCheck %s --check-prefixes=CHECK,USER
// RUN: chown 0:65534 %t && chmod 2755 %t
// RUN: %{hostile} %t 2>&1 | FileCheck %s --check-prefixes=CHECK,GROUP
// CHECK: tl: warning: no cache directory: a program with the rights of another user
// CHECK-NOT: tl:
// USER: right as 65534, 0, u=1 ran
// GROUP: right as 0, 65534, u=1 ran
// RUN: %python -c "import os, sys; sys.exit(bool(os.listdir(sys.argv[1])))" %t.home

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

#include <unistd.h>

using namespace tl::keywords;

struct config {
  int u = 1;
};

static int ran = 0;

template <config C = config{}>
[[tl::autotune({.u = 1}, {.u = 2}, rep = 3, warmup = 0)]]
void fill(int n, int *to) {
  ran = C.u;
  if (C.u == 2) // that it is slower is no doubt
    usleep(3000);
  for (int first = 0; first < C.u; ++first)
    for (int i = first; i < n; i += C.u)
      to[i] = i;
}

int main() {
  std::vector<int> to(100);
  fill(100, to.data());
  std::printf("%s as %d, %d, u=%d ran\n", to[99] == 99 ? "right" : "wrong", int(geteuid()), int(getegid()), ran);
}
