// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same source compiled in shards: any number of them makes the same program.
//
// RUN: split-file %s %t
// RUN: echo 'source=$1 n=$2 i=0 objects=; shift 2; while [ $i -lt $n ]; do %clangxx %plugin -I%S -fplugin-arg-tl-shard=$i/$n "$@" -c $source -o %t/$i.o || exit; objects="$objects %t/$i.o"; i=$((i+1)); done; %clangxx $objects -o %t/program' > %t/build
// RUN: echo 'for i in 0 1 3 6; do RUN=$i LIST=1 %t/program; done' > %t/run
//
// RUN: %clangxx %plugin -I%S %t/main.cpp -o %t/program && sh %t/run > %t/whole && %filecheck --input-file=%t/whole %s
// RUN: sh %t/build %t/main.cpp 1 && sh %t/run | cmp - %t/whole
// RUN: sh %t/build %t/main.cpp 2 && sh %t/run | cmp - %t/whole
// RUN: sh %t/build %t/main.cpp 3 -O2 && sh %t/run | cmp - %t/whole
// RUN: sh %t/build %t/main.cpp 9 && sh %t/run | cmp - %t/whole
//
// Each variant is in the object of its shard.
// RUN: sh %t/build %t/main.cpp 3
// RUN: llvm-nm -C %t/0.o | %filecheck --check-prefix=FIRST %s
// RUN: llvm-nm -C %t/1.o | %filecheck --check-prefix=SECOND %s
// FIRST-DAG: T main
// FIRST-DAG: W int outer<int, config{1}>(int)
// FIRST-DAG: U int outer<int, config{2}>(int)
// FIRST-DAG: W int outer<int, config{4}>(int)
// An inline function's as well.
// FIRST-DAG: U int object::in_class<config{2}>(int)
// SECOND-NOT: {{ [TDB] }}
// SECOND: W int outer<int, config{2}>(int)
// SECOND-NOT: {{ [TDB] }}
// SECOND: W int outer<int, config{5}>(int)
// SECOND-NOT: {{ [TDB] }}
// SECOND: W int object::in_class<config{2}>(int)
// SECOND-NOT: {{ [TDB] }}
// SECOND: W int object::in_class<config{5}>(int)
// SECOND-NOT: {{ [TDB] }}
//
// RUN: %clangxx %plugin -fplugin-arg-tl-shard=0/2 -I%S -fsyntax-only %t/local.cpp
// RUN: %clangxx %plugin -fplugin-arg-tl-shard=1/2 -I%S -fsyntax-only -Xclang -verify %t/local.cpp

// CHECK: registered outer<int>
// CHECK: 6: width=7
// CHECK: 3083 2064 2 7 2 1048 6
// CHECK: 3095 2076 2 7 8 1054 12

//--- main.cpp
#include "Inputs/runtime.h"
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int width = 1;
};
constexpr auto space = tl::space<config>().axis(&config::width, {1, 2, 3, 4, 5, 6, 7});

inline int counter;
int global_counter = 5;
int helper(int v) { return v + 1; }
int with_static(int v) {
  static int n = 0;
  return v + ++n;
}
static int local_helper(int v) { return v * 2; }

template <class T, config C = config{}> [[tl::autotune(configs = space)]] int inner(T v) { return v * 1000 + C.width; }
template <class T, config C = config{}> [[tl::autotune(configs = space)]] int outer(T v) {
  ++counter;
  ++global_counter;
  return local_helper(helper(v)) * 10 + C.width + inner(v) + with_static(0);
}
template <config C = config{}> [[tl::autotune(configs = space)]] static int hidden(int v) { return v + C.width; }
struct object {
  template <config C = config{}> [[tl::autotune(configs = space)]] static int in_class(int v) { return v + C.width; }
  int member();
  virtual int overridden() { return 1; }
  virtual ~object();
};
int object::member() { return outer(2); }
object::~object() {}

int main() {
  object o;
  int first = outer(3), second = o.member();
  std::printf("%d %d %d %d %d %d %d\n", first, second, counter, global_counter, hidden(1), outer<int, config{4}>(1), object::in_class(5));
}

//--- local.cpp
#include "Inputs/runtime.h"
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int width = 1;
};
static int local = 1;               // expected-error {{'local' would exist once per shard; give it external linkage (inline), or compile this file without -fplugin-arg-tl-shard}}
static int unused = 1;
static const int constant = 1;
static int effect = std::puts("x"); // expected-error {{'effect' would exist once per shard}}
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f() { return C.width + local++ + constant; }
int use() { return f(); }
