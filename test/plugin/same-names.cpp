// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Local types and closures of one name in one function make factories of their own.
//
// RUN: %clangxx %plugin %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -O2 %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

struct config {
  int width = 1;
};
template <class F, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int map(F f) { return 10 * f() + C.width; }

int local_types() {
  int sum = 0;
  { struct op { int operator()() { return 1; } }; sum += map(op{}); }
  { struct op { int operator()() { return 2; } }; sum += 100 * map(op{}); }
  { struct op { int operator()() { return 3; } }; sum += 10000 * map(op{}); }
  return sum;
}
template <class T> int in_a_template() {
  int sum = 0;
  { struct op { int operator()() { return sizeof(T); } }; sum += map(op{}); }
  { struct op { int operator()() { return 2; } }; sum += 100 * map(op{}); }
  return sum;
}
int closures() {
  auto a = [] { return 1; };
  auto b = [] { return 2; };
  return map(a) + 100 * map(b) + 10000 * map([] { return 3; });
}
int enums() {
  int sum = 0;
  { enum e { x = 1 }; sum += map([] { return int(x); }); }
  { enum e { x = 2 }; sum += 100 * map([] { return int(x); }); }
  return sum;
}

int main() {
  std::printf("%d %d\n", local_types(), closures());                      // CHECK: 332313 332313
  std::printf("%d %d\n", in_a_template<char>(), in_a_template<int>());   // CHECK: 2313 2343
  std::printf("%d\n", enums());                                          // CHECK: 2313
}
