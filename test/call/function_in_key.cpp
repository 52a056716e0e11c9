// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which function a pointer leads to, or none, makes another problem, as an argument and as a member: a variant that is
// right without one, or for one, does not run with another. The next process finds all of their winners.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t | FileCheck %s
// RUN: env TL_TUNE=require %t | FileCheck %s
// CHECK: plain: null right, twice right, thrice right, null right
// CHECK: member: null right, twice right, thrice right, null right
// RUN: %sql "select problem from problems order by 1" | FileCheck %s --check-prefix=KEYS
// KEYS: n=1000,f=function_in_key.cpp.tmp+0x
// KEYS-NEXT: n=1000,f=function_in_key.cpp.tmp+0x
// KEYS-NEXT: n=1000,f=null
// KEYS-NEXT: n=1000,how.scale=2,how.f=function_in_key.cpp.tmp+0x
// KEYS-NEXT: n=1000,how.scale=2,how.f=function_in_key.cpp.tmp+0x
// KEYS-NEXT: n=1000,how.scale=2,how.f=null

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

/// 1 forgets the function, 2 calls `twice` whatever it is given; both are faster.
struct config {
  int way = 0;
};
using function = float (*)(float);
static float twice(float x) { return 2 * x; }
static float thrice(float x) { return 3 * x; }

template <config C> static void run(int n, const float *x, float *y, function f) {
  if (C.way == 0)
    for (volatile int i = 0; i < 20000; i = i + 1) {
    }
  for (int i = 0; i < n; ++i)
    y[i] = C.way == 1 ? x[i] : C.way == 2 ? twice(x[i]) : f ? f(x[i]) : x[i];
}

template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, rep = 10, warmup = 1)]]
void apply(int n, const float *x, float *y, function f) {
  run<C>(n, x, y, f);
}

struct mapping {
  int scale = 2;
  function f = nullptr;
};
template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, rep = 10, warmup = 1)]]
void apply_member(int n, const float *x, float *y, mapping how) {
  run<C>(n, x, y, how.f);
}

template <class Call> static void test(const char *name, Call call) {
  std::vector<float> x(1000, 1), y(x.size());
  std::printf("%s:", name);
  const char *between = " ";
  for (auto [what, f] : {std::pair("null", function{}), {"twice", &twice}, {"thrice", &thrice}, {"null", function{}}}) {
    call(static_cast<int>(x.size()), x.data(), y.data(), f);
    bool right = true;
    for (float it : y)
      right &= it == (f ? f(1) : 1);
    std::printf("%s%s %s", between, what, right ? "right" : "wrong");
    between = ", ";
  }
  std::puts("");
}

int main() {
  test("plain", [](int n, const float *x, float *y, function f) { apply(n, x, y, f); });
  test("member", [](int n, const float *x, float *y, function f) { apply_member(n, x, y, {.f = f}); });
}
