// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function in a template argument is part of a type's name, which must be the same with and without the plugin.
//
// RUN: %clangxx %plugin -fsyntax-only -Xclang -verify %s
// RUN: %clangxx %plugin -Wno-everything %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(int v) { return v * 10 + C.width; }
template <auto Function> struct caller {
  static int call() { return Function(5); }
};

int main() {
  int open = caller<&f<>>::call();          // expected-warning {{'f' as a template argument is its default config, untuned; pass it as a function argument instead, or write its tunables out}}
  int written = caller<f<config{2}>>::call();
  std::printf("%d %d\n", open, written); // CHECK: 51 52
}
