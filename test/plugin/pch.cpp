// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Precompiled headers keep the attribute and its arguments, and are what they are without the plugin otherwise.
//
// RUN: split-file %s %t
// RUN: %clangxx %plugin -I%S -x c++-header %t/factory.h -o %t/with.pch
// RUN: %clangxx %plugin -include-pch %t/with.pch %t/main.cpp -o %t/with && env RUN=1 %t/with | %filecheck %s
// CHECK: from main: width=3
// CHECK: from main: width=3
// CHECK: from the header: width=3
//
// Made without the plugin it holds no attribute: the program runs the default config, as without the plugin.
// RUN: %clangxx -Wno-unknown-attributes -I%S -x c++-header %t/factory.h -o %t/without.pch
// RUN: %clangxx %plugin -include-pch %t/without.pch %t/main.cpp -o %t/without && env RUN=1 %t/without | %filecheck --check-prefix=WITHOUT %s
// WITHOUT: from main: width=1
// WITHOUT: from main: width=1
// WITHOUT: from the header: width=1
//
// Made with the plugin and used without, the program runs the default config as well.
// RUN: %clangxx -include-pch %t/with.pch %t/main.cpp -o %t/half && env RUN=1 %t/half | %filecheck --check-prefix=WITHOUT %s

//--- factory.h
#include "Inputs/runtime.h"
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int width = 1;
};
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3}, timeout = 3)]] void f(const char *where, T) {
  std::printf("from %s: width=%d\n", where, C.width);
}
inline void from_header() { f("the header", 1); }

//--- main.cpp
int main() {
  f("main", 1.0);
  f("main", 2);
  from_header();
}
