// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function that changes nothing and returns nothing is not tuned, and one line says why; unless the program says how to
// judge, or that nobody need.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: 0 1 1
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// ERR: silent(n=3) runs its default config: nothing to check the variants against: the default config: it changes nothing that can be compared
// ERR-NOT: runs its default config

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

static int ran;
struct config {
  int way = 0;
};
static bool fine(int) { return true; }
template <config C = config{}>
[[tl::autotune({.way = 1}, rep = 10, warmup = 1)]]
void silent(int n) {
  for (volatile int w = 0; w < (C.way ? 1 : 1000) * n; w = w + 1)
    asm volatile("");
  ran = C.way;
}
template <config C = config{}>
[[tl::autotune({.way = 1}, check = fine, rep = 10, warmup = 1)]]
void judged(int n) {
  for (volatile int w = 0; w < (C.way ? 1 : 1000) * n; w = w + 1)
    asm volatile("");
  ran = C.way;
}
template <config C = config{}>
[[tl::autotune({.way = 1}, skip_check = true, rep = 10, warmup = 1)]]
void trusted(int n) {
  for (volatile int w = 0; w < (C.way ? 1 : 1000) * n; w = w + 1)
    asm volatile("");
  ran = C.way;
}

int main() {
  silent(3);
  std::printf("%d ", ran);
  judged(3);
  std::printf("%d ", ran);
  trusted(3);
  std::printf("%d\n", ran);
}
