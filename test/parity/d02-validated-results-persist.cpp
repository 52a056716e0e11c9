// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D2, validated tuning, and tuning on inputs that the program gives, persists like any other: the second process
// tries nothing. (Theirs keeps neither.)
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t 2>&1 | count 0
// RUN: %sql "select f.name, count(*), sum(s.state = 1) from sessions s join problems p on p.id = s.problem_id join factories f on f.id = p.factory_id group by 1 order by 1" | FileCheck %s
// CHECK: checked|1|1
// CHECK-NEXT: given|1|1
// CHECK-NEXT: referenced|1|1
// CHECK-NEXT: supplied|1|1
// RUN: %sql "select id, attempts, started from trials" > %t.before
// RUN: env TL_TUNE=require %t
// RUN: %sql "select id, attempts, started from trials" | cmp - %t.before

#include <tl/autotune.h>

#include <tuple>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
static void plain(int n, tl::in<int> from, tl::out<int> to) {
  for (int i = 0; i < n; ++i)
    to.data()[i] = from.data()[i];
}
static bool holds(int n, tl::in<int> from, tl::out<int> to) { return to.data()[n - 1] == from.data()[n - 1]; }
static auto make(int n, tl::in<int>, tl::out<int>) {
  return std::tuple(std::vector<int>(std::size_t(n), 3), std::vector<int>(std::size_t(n)));
}

#define FACTORY(name, ...)                                                                                             \
  template <config C = config{}>                                                                                       \
  TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4, __VA_ARGS__)                                              \
  void name(int n, tl::in<int> from, tl::out<int> to) {                                                                \
    for (int first = 0; first < C.step; ++first)                                                                       \
      for (int i = first; i < n; i += C.step)                                                                          \
        to.data()[i] = from.data()[i];                                                                                 \
  }
FACTORY(referenced, reference = plain)
FACTORY(checked, check = holds)
FACTORY(supplied, supply = make)
FACTORY(given, check_repeat = 2)

int main() {
  std::vector<int> from(100, 1), to(100), other(100, 2);
  referenced(100, from, to);
  checked(100, from, to);
  supplied(100, from, to);
  const tl::with_inputs scope(other, to);
  given(100, from, to);
  return to[0] == 1 ? 0 : 1;
}
