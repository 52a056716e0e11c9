// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a library of others keeps for itself, in variables that nobody else names and in memory behind them, is no result:
// BLAS libraries keep buffers, threads and notes there, which were compared and put back, and no variant survived. A
// variable that it exports and the program uses is one, though.
//
// RUN: %clangxx -O1 -fPIC -shared -Wl,-s %S/Inputs/library_state.cpp -o %t.so
// RUN: %clangxx -O1 %plugin %s -o %t %t.so %runtime
// RUN: TL_LOG=info %t 2>&1 | FileCheck %s --implicit-check-not="memory at" --implicit-check-not="memory behind" --implicit-check-not=ever
// CHECK: compared: to, 1000 of 1000 elements changed; library_last_count, 2 of 4 elements changed; the own state of {{[^,;]*}}.so left out
// CHECK: right
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS-DAG: block=16,claimed=0|{{measured|cut}}|
// TRIALS-DAG: block=64,claimed=0|{{measured|cut}}|
// TRIALS-DAG: block=256,claimed=1|wrong|
//
// Of a library whose file tells all of its symbols, one of the program's own, all of it is compared.
// RUN: %clangxx -O1 -fPIC -shared %S/Inputs/library_state.cpp -o %t.so
// RUN: rm -rf %t.other && TL_CACHE_DIR=%t.other TL_LOG=info %t 2>&1 | FileCheck %s --check-prefix=OWN --implicit-check-not="left out"
// OWN: library_calls_ever, {{.*}} rejected: 3 wrong

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

extern "C" {
extern int library_last_count;
void library_scale(int n, int block, int claimed, const float *from, float *to);
}

struct config {
  int block = 1024;
  int claimed = 0;
};

template <config C = config{}>
[[tl::autotune({.block = 16}, {.block = 64}, {.block = 256, .claimed = 1}, rep = 5, timeout = 20)]]
void scale(int n, const float *from, float *to) {
  library_scale(n, C.block, n + C.claimed, from, to);
}

int main() {
  std::vector<float> from(1000, 1.0f), to(1000);
  scale<config{}>(10, from.data(), from.data() + 500); // the library has started before it is tuned
  scale(1000, from.data(), to.data());
  std::puts(to[999] == 2 && library_last_count == 1000 ? "right" : "WRONG");
}
