// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D5, the environment: where the cache is by default and by choice, further databases that are only read, none at
// all; a value that is not accepted is reported, and the default counts. (What a run may do: e2e/lookup.cpp.)
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: rm -rf %t.home %t.own && mkdir %t.home
// RUN: env -u TL_CACHE_DIR -u XDG_CACHE_HOME HOME=%t.home %t
// RUN: ls %t.home/.cache/tl/autotune.db
// RUN: env -u TL_CACHE_DIR XDG_CACHE_HOME=%t.home/xdg %t
// RUN: ls %t.home/xdg/tl/autotune.db
// RUN: env TL_CACHE_DIR=%t.home/chosen %t
// RUN: ls %t.home/chosen/autotune.db %t.home/chosen/autotune.log
//
// Layered under the own one, which stays empty.
// RUN: env TL_CACHE_DIR=%t.own TL_DB_PATH=/nowhere.db:%t.home/chosen/autotune.db TL_TUNE=require %t
// RUN: not ls %t.own/autotune.db
//
// Nothing is read or written.
// RUN: env TL_CACHE_DIR=%t.home/chosen TL_DISABLE_CACHE=1 TL_LOG=info %t 2>&1 | FileCheck %s --check-prefix=TUNED
// TUNED: tl: fill(n=10): winner
// RUN: env TL_CACHE_DIR=%t.home/none TL_DISABLE_CACHE=1 %t && not ls %t.home/none/autotune.db %t.home/none/autotune.log
//
// RUN: env TL_CACHE_DIR=%t.home/chosen TL_TIMEOUT=soon TL_TUNE=perhaps %t 2>&1 | FileCheck %s --check-prefix=REPORTED
// REPORTED-DAG: TL_TIMEOUT{{.*}}soon
// REPORTED-DAG: TL_TUNE{{.*}}perhaps

#include <tl/autotune.h>

#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void fill(int n, int *to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to[i] = i;
}

int main() {
  std::vector<int> to(10);
  fill(10, to.data());
  return to[9] == 9 ? 0 : 1;
}
