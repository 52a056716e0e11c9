// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `template void f<>(...)` exports the tuned function under the name that callers without the plugin link with.
//
// RUN: rm -rf %t && split-file %s %t
// RUN: %clangxx %plugin -I%S -fPIC -shared %t/library.cpp -o %t/liblibrary.so
// RUN: %clangxx -Wno-unknown-attributes -Wno-undefined-func-template %t/plain.cpp %t/liblibrary.so -Wl,-rpath,%t -o %t/plain && env RUN=1 %t/plain | %filecheck %s
// RUN: %clangxx %plugin -I%S %t/user.cpp %t/liblibrary.so -Wl,-rpath,%t -o %t/user && env RUN=1 %t/user | %filecheck %s
// RUN: %clangxx %plugin -I%S %t/user.cpp %t/library.cpp -o %t/static && env RUN=1 %t/static | %filecheck %s
// RUN: %clangxx %plugin -I%S -O2 %t/implicit.cpp %t/library.cpp -o %t/implicit && env RUN=1 %t/implicit | %filecheck %s
// RUN: env RUN=2 %t/implicit | %filecheck --check-prefix=DEFAULT %s
// CHECK: 13 13
// DEFAULT: 11 11

//--- f.h
struct config {
  int width = 1;
};
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(int v) { return 10 * v + C.width; }
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int g(T v) { return 10 * int(v) + C.width; }

//--- library.cpp
#include "Inputs/runtime.h"
#include <tl/autotune.h>
#include "f.h"
template int f<>(int);
template int g<long>(long);

//--- plain.cpp
#include <cstdio>
struct config {
  int width = 1;
};
template <config C = config{}> int f(int v);
template <class T, config C = config{}> int g(T v);
extern template int f<>(int);
extern template int g<long>(long);
int main() { std::printf("%d %d\n", f(1), g(1L)); }

//--- user.cpp
#include "Inputs/runtime.h"
#include <tl/autotune.h>
#include "f.h"
extern template int f<>(int);
extern template int g<long>(long);
int main() { std::printf("%d %d\n", f(1), g(1L)); }

//--- implicit.cpp
#include "Inputs/runtime.h"
#include <tl/autotune.h>
#include "f.h"
int main() { std::printf("%d %d\n", f(1), g(1L)); }
