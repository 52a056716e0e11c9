// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D1, what a winner is found by: a comment and white space do not matter, a helper of the kernel does, so do the
// problem and the mode; the device is part of it.
//
// RUN: sed 's/HELPER/+ 1/' %s > %t.cpp
// RUN: %clangxx -O1 %plugin %t.cpp -o %t %runtime
// RUN: %t 10 | %filecheck %s
// CHECK: right
//
// Lines before it, comments in it, another kernel beside it.
// RUN: sed 's/HELPER/   + 1 \/* added *\//; s/^\/\/ OTHER/static int unrelated() { return 5; }\n/; s/^#include <cstdio>/\n\n#include <cstdio>/' %s > %t.cpp
// RUN: %clangxx -O1 %plugin %t.cpp -o %t.same %runtime
// RUN: env TL_TUNE=require %t.same 10 | %filecheck %s
//
// A helper two calls away.
// RUN: sed 's/HELPER/+ 2 - 1/' %s > %t.cpp
// RUN: %clangxx -O1 %plugin %t.cpp -o %t.changed %runtime
// RUN: (env TL_TUNE=require %t.changed 10; echo status $?) 2>&1 | FileCheck %s --check-prefix=CHANGED
// CHANGED: tl: error: add(n=10) has no stored winner
// CHANGED-NEXT: status 3
//
// Another problem, another mode.
// RUN: (env TL_TUNE=require %t 11; echo status $?) 2>&1 | FileCheck %s --check-prefix=PROBLEM
// PROBLEM: tl: error: add(n=11) has no stored winner
// RUN: (env TL_TUNE=require %t 10 cold; echo status $?) 2>&1 | FileCheck %s --check-prefix=MODE
// MODE: tl: error: add_cold(n=10) has no stored winner
// RUN: %sql "select d.identity from winners w join problems p on p.id = w.problem_id join devices d on d.id = p.device_id" | FileCheck %s --check-prefix=DEVICE
// DEVICE: arch={{.+}};model={{.+}};cores={{[0-9]+}}

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
// Not a macro: sed puts the code in.
static int far_away(int value) { return value HELPER; }
static int helper(int value) { return far_away(value); }
// OTHER
template <int Step> static void add_body(int n, int *data) {
  for (int first = 0; first < Step; ++first)
    for (int i = first; i < n; i += Step)
      data[i] = helper(data[i]);
}

template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void add(int n, int *data) {
  add_body<C.step>(n, data);
}
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4, cold = true)
void add_cold(int n, int *data) {
  add_body<C.step>(n, data);
}

int main(int argc, char **argv) {
  const int n = std::atoi(argv[1]);
  std::vector<int> data(std::size_t(n), 4);
  argc > 2 ? add_cold(n, data.data()) : add(n, data.data());
  std::puts(data[0] == 5 ? "right" : "wrong");
}
