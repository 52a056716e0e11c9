// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tltune verify --library` finds winners that a library was not compiled with. The space is no part of
// what a winner is measured on: when it shrinks, the winner may be gone.

// RUN: rm -rf %t && mkdir %t
// RUN: %clangxx -O1 -fPIC -shared %plugin %s -o %t/lib.so %runtime
// RUN: %clangxx -O1 -DMAIN %s -o %t/main %t/lib.so %runtime
// RUN: %t/main
// RUN: %tltune verify --library %t/lib.so | FileCheck %s --check-prefix=FITS
// FITS: sound: 1 winners, 1 sessions, 2 trials

// The same winner under a name that is not compiled.
// RUN: %tltune export --winners -o %t/winners.json
// RUN: sed 's/"config": "step=[0-9]*"/"config": "step=64"/' %t/winners.json > %t/other.json
// RUN: %tltune --db %t/other.db import %t/other.json
// RUN: not %tltune --db %t/other.db verify --library %t/lib.so | FileCheck %s --check-prefix=GONE
// GONE: contradiction: twice n=100: the winner step=64 is none of the 2 configs in {{.*}}lib.so

// Another code.
// RUN: %clangxx -O1 -DBIAS=0.0f -fPIC -shared %plugin %s -o %t/changed.so %runtime
// RUN: %tltune verify --library %t/changed.so | FileCheck %s --check-prefix=OTHER
// OTHER: stale: 1 winners were measured on other code than that of {{.*}}changed.so

// The same source, of which a variant was left out.
// RUN: %clangxx -O1 -fPIC -shared %plugin -fplugin-arg-tl-absent=all %s -o %t/lib.so %runtime
// RUN: %tltune verify --library %t/lib.so | FileCheck %s --check-prefix=ABSENT
// ABSENT: stale: 1 winners were measured on other code than that of {{.*}}lib.so
// RUN: rm $TL_CACHE_DIR/autotune.db && %t/main
// RUN: %tltune verify --library %t/lib.so | FileCheck %s --check-prefix=FITS

// RUN: not %tltune verify --library %t/winners.json 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: {{.*}}winners.json

#ifndef MAIN
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int step = 1;
};

template <config C = config{}>
[[tl::autotune({.step = 1}, {.step = 8}, timeout = 10)]]
void twice(int n, const float *from, float *to) {
  for (int i = 0; i < n; i += C.step)
    for (int k = i; k < i + C.step && k < n; ++k)
#ifdef BIAS
      to[k] = 2 * from[k] + BIAS;
#else
      to[k] = 2 * from[k];
#endif
}

void run(int n, const float *from, float *to) { twice(n, from, to); }
#else
#include <vector>
void run(int n, const float *from, float *to);
int main() {
  std::vector<float> from(100, 1.0f), to(100);
  run(100, from.data(), to.data());
  return to[99] == 2.0f ? 0 : 1;
}
#endif
