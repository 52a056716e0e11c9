// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that a build leaves out: their bodies are not compiled, and calling one throws.
//
// RUN: rm -rf %t && split-file %s %t
// RUN: not %clangxx %plugin -I%S -fplugin-arg-tl-report=%t/failed -ferror-limit=0 -c %t/main.cpp -o %t/program.o 2>/dev/null
// RUN: FileCheck --check-prefix=FAILED --match-full-lines --input-file=%t/failed %t/main.cpp
//
// RUN: grep failed %t/failed | cut -f3,4 | sort -u | sed "s/\t/:/; s/.*/'-fplugin-arg-tl-absent=&=it is 1:2, even'/" > %t/absent
// RUN: %clangxx %plugin -I%S -Wall -Wextra -Werror -Wno-backend-plugin @%t/absent -fplugin-arg-tl-report=%t/built %t/main.cpp -o %t/program
// RUN: FileCheck --check-prefix=BUILT --match-full-lines --input-file=%t/built %t/main.cpp
// RUN: echo 'for i in 0 1 2; do RUN=$i %t/program; done' > %t/run
// RUN: sh %t/run > %t/whole && %filecheck --input-file=%t/whole %t/main.cpp
//
// The same in shards, each of which is told of all.
// RUN: echo 'for i in 0 1 2; do %clangxx %plugin -I%S @%t/absent -O2 -fplugin-arg-tl-shard=$i/3 -c %t/main.cpp -o %t/$i.o || exit; done; %clangxx %t/[0-2].o -o %t/program' > %t/build
// RUN: sh %t/build && sh %t/run | cmp - %t/whole
//
// RUN: %clangxx %plugin -I%S -fplugin-arg-tl-absent=all %t/main.cpp -o %t/program && env RUN=2 %t/program | FileCheck --check-prefix=ALL %t/main.cpp
//
// RUN: %clangxx %plugin -fplugin-arg-tl-absent=_Z7namedbyIXtl6configLi1EEEEii:0-2 -fsyntax-only -Xclang -verify %t/diagnosed.cpp
// RUN: not %clangxx %plugin -fplugin-arg-tl-report=%t/no/where -fsyntax-only %t/diagnosed.cpp 2>&1 | FileCheck --check-prefix=NOWHERE %t/main.cpp
// RUN: not %clangxx %plugin -fplugin-arg-tl-report=%t/elsewhere -fsyntax-only %t/elsewhere.cpp
// RUN: FileCheck --check-prefix=ELSEWHERE --input-file=%t/elsewhere %t/elsewhere.cpp

//--- main.cpp
#include "Inputs/runtime.h"
#include <tl/autotune.h>
#include <string>
using namespace tl::keywords;
struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}, {3}};
template <int N, int Factory> struct odd { // one class for each: an error in a class is said once
  static_assert(N % 2 == 1, "odd only");
  static constexpr int value = N;
};

template <class T, config C = config{}> [[tl::autotune(configs = all)]] T sum(T v, int) { return v + odd<C.width, 1>::value; }
template <config C = config{}> [[tl::autotune(configs = all)]] constexpr int constant(int v) { return v + odd<C.width, 2>::value; }
template <config C = config{}> [[tl::autotune(configs = all)]] static std::string hidden(const std::string &v) { return v + std::to_string(odd<C.width, 3>::value); }
struct object {
  template <config C = config{}> [[tl::autotune(configs = all)]] static void member(int &v) { v += odd<C.width, 4>::value; }
};
template <config C = config{}> [[tl::autotune(configs = all)]] int inner(int v) { return v + odd<C.width, 5>::value; }
template <config C = config{}> [[tl::autotune(configs = all)]] int outer(int v) { return inner(v) + C.width; }

template <class F> void attempt(const char *name, F f) {
  try {
    std::printf("%s %s\n", name, f().c_str());
  } catch (const tl::infeasible &e) {
    std::printf("%s: %s\n", name, e.what());
  }
}
int main() {
  attempt("sum", [] { return std::to_string(sum(10, 0)); });
  attempt("constant", [] { return std::to_string(constant(10)); });
  attempt("hidden", [] { return hidden("v"); });
  attempt("member", [] { int v = 20; object::member(v); return std::to_string(v); });
  attempt("outer", [] { return std::to_string(outer(0)); });
}

// FAILED-DAG: default compiled _Z3sumIiXtl6configLi1EEEET_S1_i 0 3 {{.*}}main.cpp:14:43 sum width=1
// FAILED-DAG: variant failed _Z3sumIiXtl6configLi1EEEET_S1_i 1 3 {{.*}}main.cpp:14:43 sum width=2 static assertion failed due to requirement '2 % 2 == 1': odd only
// FAILED-DAG: variant compiled _Z3sumIiXtl6configLi1EEEET_S1_i 2 3 {{.*}}main.cpp:14:43 sum width=3
// FAILED-DAG: variant compiled {{.*}} outer width=2
// BUILT-DAG: variant absent {{.*}} sum width=2
// BUILT-NOT: failed

// CHECK: sum 11
// CHECK-NEXT: constant 11
// CHECK-NEXT: hidden v1
// CHECK-NEXT: member 21
// CHECK-NEXT: outer 2
// CHECK-NEXT: sum: variant 'width=2' of 'sum' did not compile and was left out: it is 1:2, even
// CHECK-NEXT: constant: variant 'width=2' of 'constant' did not compile and was left out: it is 1:2, even
// CHECK-NEXT: hidden: variant 'width=2' of 'hidden' did not compile and was left out: it is 1:2, even
// CHECK-NEXT: member: variant 'width=2' of 'member' did not compile and was left out: it is 1:2, even
// CHECK-NEXT: outer: variant 'width=2' of 'inner' did not compile and was left out: it is 1:2, even
// CHECK-NEXT: sum 13
// CHECK-NEXT: constant 13
// CHECK-NEXT: hidden v3
// CHECK-NEXT: member 23
// CHECK-NEXT: outer 6

// ALL: sum: variant 'width=3' of 'sum' did not compile and was left out{{$}}
// NOWHERE: error: the report on the variants cannot be written to '{{.*}}where': No such file or directory

//--- diagnosed.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}, {3}};
template <int N> struct odd {
  static_assert(N % 2 == 1, "odd only"); // expected-error {{'2 % 2 == 1': odd only}} expected-note {{evaluates to}}
};
// Variants that the program names cannot be left out, and neither can the one that the others are compared with.
template <config C = config{}>
[[tl::autotune(configs = all)]] int namedby(int v) { odd<C.width> o; (void)o; return v; } // expected-error {{config 'width=1' of 'namedby' cannot be absent: it is the default config, which everything else is compared with}}
// expected-note@-1 {{in instantiation of template class 'odd<2>' requested here}}
int use() { return namedby(1) + namedby<config{2}>(1); } // expected-note {{in instantiation of function template specialization 'namedby<config{2}>' requested here}}

//--- elsewhere.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}};
template <config C = config{}> [[tl::autotune(configs = all)]] int f(int v) { return v; }
int use() { return f(undeclared) + f(1); }
// ELSEWHERE: elsewhere
