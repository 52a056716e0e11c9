// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `= delete` takes a config out of the space, as an unsatisfied constraint does.
//
// RUN: %clangxx %plugin -fplugin-arg-tl-remarks %s -o %t 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: env RUN=0 LIST=1 %t | %filecheck %s
// REMARK: config 'width=2' of 'f' pruned: its constraints are not satisfied, or it is deleted

#include "Inputs/runtime.h"
#include <tl/autotune.h>

struct config {
  int width = 1;
};
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(int v) { return v * 10 + C.width; }
template <> int f<config{2}>(int) = delete;

int main() {
  // CHECK: registered f
  // CHECK-NEXT: 0: width=3
  // CHECK-NEXT: 1: width=1 (default)
  std::printf("%d\n", f(1)); // CHECK-NEXT: 13
}
