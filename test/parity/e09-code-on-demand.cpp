// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E9, code that is compiled when it is needed: of a space of 100,000 configs only the default one is in the program. The first
// call compiles some of the others and finds one that is better, from a program that `tltune run` runs and from a
// shared library that Python has opened; later processes load it without a compiler.
//
// REQUIRES: tltune
// RUN: rm -rf %t && mkdir -p %t && cp %s %t/it.cpp
// RUN: %clangxx -O2 %plugin %t/it.cpp -o %t/program %runtime
// RUN: %tltune run -- %t/program 2>&1 | %filecheck %s --check-prefix=TOOL
// TOOL: right, 100000 of 100000
// TOOL: tltune: 1 problem was tuned; the database holds 1 winners
// TOOL-NEXT: count n=4096 on {{.*}}spin={{[0-4]}}, {{.*}} over the default; {{[0-9]+}} trials
// RUN: %winners | FileCheck %s --check-prefix=WINNERS
// WINNERS: count|n=4096|{{.*}}spin={{[0-4]}}
//
// RUN: %clangxx -O2 %plugin -fPIC -shared %t/it.cpp -o %t/libit.so %runtime
// RUN: %python -c "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).run(8192))" %t/libit.so | FileCheck %s --check-prefix=PYTHON
// PYTHON: 8192
// RUN: %winners | FileCheck %s --check-prefix=SECOND
// SECOND: count|n=8192|{{.*}}spin={{[0-4]}}
//
// RUN: rm %t/it.cpp
// RUN: env TL_TUNE=require %t/program | %filecheck %s
// CHECK: right, 100000 of 100000
// RUN: env TL_TUNE=require %python -c "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).run(8192))" %t/libit.so | FileCheck %s --check-prefix=PYTHON

#include <cstdio>
#include <tl/autotune.h>
#include <vector>
using namespace tl::keywords;

struct config {
  int a = 0, b = 0, c = 0, d = 0, spin = 9;
};
#define TEN {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
constexpr auto all = tl::space<config>().axis(&config::a, TEN).axis(&config::b, TEN).axis(&config::c, TEN)
                         .axis(&config::d, TEN).axis(&config::spin, TEN);

int twice(int x) { return 2 * x; }

template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(all), search = tl::search::local(16))]]
void count(int n, const int *in, int *out) {
  for (int i = 0; i < C.spin * 30'000; ++i)
    asm volatile("" ::: "memory");
  for (int i = 0; i < n; ++i)
    out[i] = twice(in[i]) / 2;
}

extern "C" int run(int n) {
  const std::vector<int> in(n, 1);
  std::vector<int> out(n);
  count(n, in.data(), out.data());
  int sum = 0;
  for (const int it : out)
    sum += it;
  return sum;
}

int main() { std::printf("%s, %zu of %zu\n", run(4096) == 4096 ? "right" : "wrong", all.size(), all.combinations()); }
