// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Header units: each importer tunes the calls in them.
//
// RUN: rm -rf %t && split-file %s %t
// RUN: %clangxx %plugin -fmodule-header -I%S -x c++-header %t/h.h -o %t/h.pcm
// RUN: %clangxx %plugin -Wno-experimental-header-units -fmodule-file=%t/h.pcm -I%S -I%t %t/one.cpp %t/two.cpp -o %t/unit && env RUN=1 %t/unit | %filecheck %s
// CHECK: 3 3 3
// RUN: env LIST=1 %t/unit | grep -c '^registered f' | grep -x 2

//--- h.h
#pragma once
#include "Inputs/runtime.h"
#include <tl/autotune.h>
struct config {
  int width = 1;
};
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(T) { return C.width; }
inline int uses(int v) { return f(v); }

//--- one.cpp
import "h.h";
int two(short);
int main() { std::printf("%d %d %d\n", uses(1), f(1), two(1)); }

//--- two.cpp
import "h.h";
int two(short v) { return f(v); }
