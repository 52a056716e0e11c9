// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Configs that would print alike are told apart: by what is around what they name, and in the end by a number.
//
// RUN: %clangxx %plugin %s -o %t && env LIST=1 RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

using namespace tl::keywords;

namespace plain { inline int step(int) { return 1; } }
namespace wrong { inline int step(int) { return 2; } }
namespace fast { inline int step(int) { return 3; } }
struct by_name {
  int (*step)(int) = plain::step;
  bool special = false;
};
template <by_name C = by_name{}>
[[tl::autotune({.step = wrong::step, .special = true}, {.step = fast::step, .special = true})]] int functions(int n) { return C.step(n); }
// CHECK-DAG: registered functions
// CHECK-DAG: 0: step=&wrong::step(int),special=true
// CHECK-DAG: 1: step=&fast::step(int),special=true
// CHECK-DAG: 2: step=&step,special=false (default)

template <int N> int impl(int) { return N; }
struct by_arguments {
  int (*step)(int) = impl<0>;
};
template <by_arguments C = by_arguments{}>
[[tl::autotune({.step = impl<1>}, {.step = impl<2>})]] int specialisations(int n) { return C.step(n); }
// CHECK-DAG: registered specialisations
// CHECK-DAG: 0: step=&impl<1>(int)
// CHECK-DAG: 1: step=&impl<2>(int)
// CHECK-DAG: 2: step=&impl<0>(int) (default)

struct by_member {
  int a = 1, b = 2;
};
struct other : by_member {
  int a = 3;
};
struct members {
  int other::*field = &other::b;
};
template <members C = members{}>
[[tl::autotune({.field = &other::a}, {.field = &by_member::a})]] int pointers(int) { return other{}.*C.field; }
// CHECK-DAG: registered pointers
// CHECK-DAG: field=&other::a{{$}}
// CHECK-DAG: field=&by_member::a{{$}}

struct none { static int go() { return 1; } };
inline auto in_one_function() {
  struct op { static int go() { return 2; } };
  return op();
}
inline auto in_another(int) {
  struct op { static int go() { return 3; } };
  return op();
}
using closure = decltype([] { return 1; });
using another_closure = decltype([] { return 2; });
template <class P = none>
[[tl::autotune({.P = tl::type<decltype(in_one_function())>}, {.P = tl::type<decltype(in_another(1))>})]] int types(int) { return P::go(); }
// CHECK-DAG: registered types
// CHECK-DAG: 0: P=in_one_function()::op
// CHECK-DAG: 1: P=in_another(int)::op

template <class P = decltype([] { return 3; })>
[[tl::autotune({.P = tl::type<closure>}, {.P = tl::type<another_closure>})]] int closures(int) { return P()(); }
// CHECK-DAG: registered closures
// CHECK-DAG: 0: P=(unnamed){{$}}
// CHECK-DAG: 1: P=(unnamed)#2
// CHECK-DAG: 2: P=(unnamed)#3 (default)

// CHECK: 3 2 1 3 2
int main() { std::printf("%d %d %d %d %d\n", functions(0), specialisations(0), pointers(0), types(0), closures(0)); }
