// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A variant that reads what it has written is right for separate buffers only. Its next call, on
// buffers that overlap, runs another one; buffers further apart than those need no proof.
//
// RUN: rm -rf %t.cache
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t | FileCheck %s
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=ONE
// RUN: env TL_TUNE=off %t | FileCheck %s
//
// The same for views, whose extents are known.
// RUN: %clangxx -O2 %plugin -DVIEWS %s -o %t.views %runtime
// RUN: env TL_CACHE_DIR=%t.cache %t.views | FileCheck %s
// ONE: 1
// CHECK: apart: backwards=1, 0 wrong
// CHECK-NEXT: overlapping: backwards=0, 0 wrong
// CHECK-NEXT: the same: {{.*}}, 0 wrong
// CHECK-NEXT: the other way round: {{.*}}, 0 wrong
// CHECK-NEXT: apart: backwards=1, 0 wrong

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

static int ran;

struct config {
  bool backwards = false;
};

#ifdef VIEWS
using input = tl::in<int>;
using output = tl::inout<int>;
#else
using input = const int *;
using output = int *;
#endif

template <config C = config{}>
[[tl::autotune({.backwards = true}, rep = 5, warmup = 0)]]
void shift(int n, input from, output to) {
  const int *x = from;
  int *y = to;
  if (C.backwards)
    for (int i = n; i-- > 0;)
      y[i] = x[i] + 1;
  else
    for (int i = 0; i < n; ++i) {
      y[i] = x[i] + 1;
      for (int k = 0; k < 10; ++k)
        asm volatile("" ::: "memory");
    }
  ran = C.backwards;
}

static void call(const char *what, int n, int *memory, int from, int to) {
  std::vector<int> expected(memory, memory + 4 * n);
  for (int i = 0; i < n; ++i)
    expected[static_cast<std::size_t>(to + i)] = expected[static_cast<std::size_t>(from + i)] + 1;
#ifdef VIEWS
  const auto size = static_cast<std::size_t>(n);
  shift(n, {memory + from, size}, {memory + to, size});
#else
  shift(n, memory + from, memory + to);
#endif
  int wrong = 0;
  for (int i = 0; i < 4 * n; ++i)
    wrong += memory[i] != expected[static_cast<std::size_t>(i)];
  std::printf("%s: backwards=%d, %d wrong\n", what, ran, wrong);
}

int main() {
  constexpr int n = 512;
  std::vector<int> memory(4 * n);
  for (int i = 0; i < 4 * n; ++i)
    memory[static_cast<std::size_t>(i)] = i * 3 % 101;
  call("apart", n, memory.data(), 2 * n, 0);
  call("overlapping", n, memory.data(), 4, 0);
  call("the same", n, memory.data(), 0, 0);
  call("the other way round", n, memory.data(), 0, 4);
  call("apart", n, memory.data(), 3 * n, 0);
}
