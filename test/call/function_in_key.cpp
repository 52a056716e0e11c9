// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which function a pointer leads to, or none, makes another problem, as an argument and as a member: a variant that is
// right without one, or for one, does not run with another. The next process finds all of their winners.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t | FileCheck %s
// RUN: env TL_TUNE=require %t | FileCheck %s
// CHECK: plain: 2000 calls, 0 wrong
// CHECK: member: 2000 calls, 0 wrong
// RUN: %sql "select problem from problems order by 1" | FileCheck %s --check-prefix=KEYS
// KEYS-COUNT-4: n=1000,f=function_in_key.cpp.tmp+0x
// KEYS-NEXT: n=1000,f=null
// KEYS-COUNT-4: n=1000,how.scale=2,how.f=function_in_key.cpp.tmp+0x
// KEYS-NEXT: n=1000,how.scale=2,how.f=null
// KEYS-NOT: n=

#include <tl/autotune.h>

#include <cstdio>
#include <random>
#include <vector>

using namespace tl::keywords;

/// 1 forgets the function, the others call one of their own whatever they are given; all are faster than 0.
struct config {
  int way = 0;
};
constexpr config ways[] = {{1}, {2}, {3}, {4}, {5}};

using function = float (*)(float);
static float twice(float x) { return 2 * x; }
static float thrice(float x) { return 3 * x; }
static float half(float x) { return x / 2; }
static float negated(float x) { return -x; }
constexpr function functions[] = {nullptr, twice, thrice, half, negated};

template <config C> static void run(int n, const float *x, float *y, function f) {
  if (C.way == 0)
    for (volatile int i = 0; i < 20000; i = i + 1) {
    }
  const function called = C.way == 0 ? f : functions[C.way == 0 ? 0 : C.way - 1];
  for (int i = 0; i < n; ++i)
    y[i] = called ? called(x[i]) : x[i];
}

template <config C = config{}>
[[tl::autotune(configs = ways, rep = 4, warmup = 1)]]
void apply(int n, const float *x, float *y, function f) {
  run<C>(n, x, y, f);
}

struct mapping {
  int scale = 2;
  function f = nullptr;
};
template <config C = config{}>
[[tl::autotune(configs = ways, rep = 4, warmup = 1)]]
void apply_member(int n, const float *x, float *y, mapping how) {
  run<C>(n, x, y, how.f);
}

template <class Call> static void test(const char *name, Call call) {
  constexpr int calls = 2000;
  std::mt19937 random(7);
  std::vector<float> x(1000, 1), y(x.size());
  int wrong = 0;
  for (int made = 0; made < calls; ++made) {
    const function f = functions[random() % std::size(functions)];
    call(static_cast<int>(x.size()), x.data(), y.data(), f);
    for (float it : y)
      if (it != (f ? f(1) : 1)) {
        ++wrong;
        break;
      }
  }
  std::printf("%s: %d calls, %d wrong\n", name, calls, wrong);
}

int main() {
  test("plain", [](int n, const float *x, float *y, function f) { apply(n, x, y, f); });
  test("member", [](int n, const float *x, float *y, function f) { apply_member(n, x, y, {.f = f}); });
}
