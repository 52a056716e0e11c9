// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dispatchers are merged across translation units, those of internal factories stay in theirs.
//
// RUN: split-file %s %t
// RUN: %clangxx %plugin -I%S -I%t -c %t/first.cpp -o %t/first.o
// RUN: %clangxx %plugin -I%S -I%t -c %t/second.cpp -o %t/second.o
// RUN: llvm-nm -C %t/first.o | %filecheck --check-prefix=SYMBOLS %s
// RUN: %clangxx %t/first.o %t/second.o -o %t/both && env LIST=1 RUN=1 %t/both | %filecheck %s
//
// One half built without the plugin mixes with it: its calls run the default config.
// RUN: %clangxx -Wno-unknown-attributes -I%S -I%t -c %t/second.cpp -o %t/plain.o
// RUN: %clangxx %t/first.o %t/plain.o -o %t/mixed && env RUN=1 %t/mixed | %filecheck --check-prefix=MIXED %s

//--- shared.h
#include "Inputs/runtime.h"
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int width = 1;
};
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] void shared(const char *where, T) {
  static int calls = 0;
  std::printf("%s: width=%d calls=%d\n", where, C.width, ++calls);
}
void second();

//--- first.cpp
#include "shared.h"
namespace {
struct local {};
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] void hidden() {
  std::printf("hidden in first: width=%d\n", C.width);
}
} // namespace
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] static void internal() {
  std::printf("internal in first: width=%d\n", C.width);
}
int main() {
  shared("first", 1);
  shared("local type", local{});
  hidden();
  internal();
  second();
}

//--- second.cpp
#include "shared.h"
namespace {
template <config C = config{}> [[tl::autotune({.width = 4}, {.width = 5})]] void hidden() {
  std::printf("hidden in second: width=%d\n", C.width);
}
} // namespace
template <config C = config{}> [[tl::autotune({.width = 4}, {.width = 5})]] static void internal() {
  std::printf("internal in second: width=%d\n", C.width);
}
void second() {
  shared("second", 1);
  hidden();
  internal();
}

// SYMBOLS-DAG: W __tl_dispatch_{{[0-9a-f]+}}(char const*, int)
// SYMBOLS-DAG: t __tl_dispatch_{{[0-9a-f]+}}(char const*, (anonymous namespace)::local)
// SYMBOLS-DAG: t __tl_dispatch_{{[0-9a-f]+}}()
// SYMBOLS-DAG: {{[Vdu]}} __tl_factory_{{[0-9a-f]+}}()::functions

// CHECK-COUNT-1: registered shared<int>
// CHECK-NOT: registered shared<int>
// CHECK: first: width=3 calls=1
// CHECK: local type: width=3
// CHECK: hidden in first: width=3
// CHECK: internal in first: width=3
// CHECK: second: width=3 calls=2
// CHECK: hidden in second: width=5
// CHECK: internal in second: width=5

// MIXED: first: width=3 calls=1
// MIXED: internal in first: width=3
// MIXED: second: width=1 calls=1
// MIXED: hidden in second: width=1
