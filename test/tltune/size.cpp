// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tltune size`: bytes per factory and variant, of a program and a shared library, equal to what nm
// says of the functions. A variant has the functions that are compiled for its config.

// RUN: rm -rf %t && mkdir %t
// RUN: %clangxx -O1 %plugin %s -o %t/main %runtime
// RUN: %tltune size %t/main | FileCheck %s
// CHECK: copy {{ *}}x86_64 {{ *}}2 {{ *}}[[#]]
// CHECK-NEXT: work {{ *}}x86_64 {{ *}}3 {{ *}}[[#]] {{ *}}[[#]].[[#]] %
// CHECK: [[#]] bytes, [[#]] of them in variants
// CHECK-DAG: work {{ *}}steps=8 {{ *}}x86_64
// CHECK-DAG: copy {{ *}}width=4 {{ *}}x86_64

// RUN: llvm-nm -CS --defined-only %t/main > %t/symbols
// RUN: %tltune size --json %t/main > %t/size.json
// RUN: %python %S/Inputs/size_check.py %t/size.json %t/symbols 'work<config{8}>,helper<config{8}>' work steps=8
// RUN: %python %S/Inputs/size_check.py %t/size.json %t/symbols 'copy<4>' copy width=4

// The same of a shared library, and of a program without position-independent code.
// RUN: %clangxx -O1 -fPIC -shared %plugin %s -o %t/lib.so %runtime
// RUN: %tltune size --json %t/lib.so > %t/size.json && llvm-nm -CS --defined-only %t/lib.so > %t/symbols
// RUN: %python %S/Inputs/size_check.py %t/size.json %t/symbols 'work<config{8}>,helper<config{8}>' work steps=8
// RUN: %clangxx -O1 -fno-PIC -no-pie %plugin %s -o %t/fixed %runtime
// RUN: %tltune size --json %t/fixed > %t/size.json && llvm-nm -CS --defined-only %t/fixed > %t/symbols
// RUN: %python %S/Inputs/size_check.py %t/size.json %t/symbols 'work<config{8}>,helper<config{8}>' work steps=8

// Files that are something else.
// RUN: llvm-strip %t/main -o %t/stripped
// RUN: not %tltune size %t/stripped 2>&1 | FileCheck %s --check-prefix=STRIPPED
// STRIPPED: error: {{.*}}stripped is stripped, expected it with its symbols
// RUN: %clangxx -O1 %plugin -c %s -o %t/main.o
// RUN: not %tltune size %t/main.o 2>&1 | FileCheck %s --check-prefix=OBJECT
// OBJECT: error: {{.*}}main.o: an object file, expected a program or shared library
// RUN: %clangxx -O1 -DPLAIN %s -o %t/plain
// RUN: not %tltune size %t/plain 2>&1 | FileCheck %s --check-prefix=PLAIN
// PLAIN: error: {{.*}}plain holds no factory
// RUN: not %tltune size %s 2>&1 | FileCheck %s --check-prefix=SOURCE
// SOURCE: error: {{.*}}size.cpp: no ELF file for a 64-bit little-endian machine
// RUN: head -c 6000 %t/main > %t/short
// RUN: not %tltune size %t/short 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: error: {{.*}}short: it ends too early, or is damaged
// RUN: not %tltune size %t/none 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: {{.*}}none: No such file or directory
// RUN: %python %S/Inputs/size_damaged.py %tltune %t/main

#ifdef PLAIN
int main() { return 0; }
#else
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int steps = 1;
};

template <config C> [[gnu::noinline]] float helper(float x) {
  for (int i = 0; i < C.steps; ++i)
    x += x / 3;
  return x;
}

template <config C = config{}>
[[tl::autotune({.steps = 1}, {.steps = 8}, {.steps = 32})]]
void work(int n, float *to) {
  for (int i = 0; i < n; ++i)
    to[i] = helper<C>(to[i]);
}

template <int width = 1>
[[tl::autotune({.width = 1}, {.width = 4})]]
void copy(int n, const float *from, float *to) {
  for (int i = 0; i < n; i += width)
    for (int k = i; k < i + width && k < n; ++k)
      to[k] = from[k];
}

int main() {
  float from[4] = {1, 2, 3, 4}, to[4] = {};
  copy(4, from, to);
  work(4, to);
}
#endif
