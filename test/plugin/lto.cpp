// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Link-time optimisation, with the linker of the Clang under test.
//
// RUN: %clangxx %plugin -O1 -flto -fuse-ld=lld %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -O1 -flto=thin -fuse-ld=lld %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(T v) { return v * 10 + C.width; }

int main() { std::printf("%d %d\n", f(1), f<long, config{7}>(1)); } // CHECK: 13 17
