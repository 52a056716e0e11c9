// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C++20 modules: a factory that is exported, called from its module, from an inline function of it and from importers.
//
// RUN: split-file %s %t
// RUN: %clangxx %plugin -I%S --precompile %t/m.cppm -o %t/m.pcm
// RUN: %clangxx %plugin -Wno-unused-command-line-argument -c %t/m.pcm -o %t/m.o
// RUN: %clangxx %plugin -fmodule-file=m=%t/m.pcm %t/main.cpp %t/m.o -o %t/program && env RUN=1 %t/program | %filecheck %s
// CHECK: from an importer: width=3
// CHECK: from an inline function: width=3
// CHECK: from the module: width=3

//--- m.cppm
module;
#include "Inputs/runtime.h"
#include <tl/autotune.h>
export module m;
using namespace tl::keywords;
export struct config {
  int width = 1;
};
export template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3}, timeout = 3)]] int f(const char *where, T) {
  std::printf("from %s: width=%d\n", where, C.width);
  return 0;
}
export inline int inline_function() { return f("an inline function", 1); }
export int module_function() { return f("the module", 'c'); }

//--- main.cpp
import m;
int main() {
  f("an importer", 1.0);
  inline_function();
  module_function();
}
