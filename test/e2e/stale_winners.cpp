// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A winner is of the code that it was measured with: after a change in what a config names, or in a closure that is
// an argument, it is stale. And it is the winner of one config, not of all that print like it.
//
// RUN: split-file %s %t && cd %t
// RUN: echo '%clangxx %plugin -O2 $1 -o $2 %runtime -pthread' > build
//
// RUN: sh build config.cpp config && ./config | %filecheck %s && ./config | %filecheck %s
// RUN: sed -i 's/x += 1; }/x += 2; }/' config.cpp && sh build config.cpp config
// RUN: env TL_TUNE=require not ./config 2> log; FileCheck --check-prefix=REASON --input-file=log %s
// RUN: ./config | %filecheck --check-prefix=STALE %s
//
// RUN: sh build closure.cpp closure && ./closure | %filecheck --check-prefix=ZERO %s && ./closure | %filecheck --check-prefix=ZERO %s
// RUN: sed -i 's/v \* 2/v + 1/' closure.cpp && sh build closure.cpp closure
// RUN: env TL_TUNE=require not ./closure 2> log; FileCheck --check-prefix=REASON --input-file=log %s
// RUN: ./closure | %filecheck --check-prefix=CHANGED %s
//
// RUN: sh build alike.cpp alike && ./alike | %filecheck %s && ./alike | %filecheck %s
//
// CHECK: right
// REASON: it was tuned before, with other code, flags or configs
// STALE: right
// ZERO: x[0] = 0
// CHANGED: x[0] = 64

//--- config.cpp
#include <cstdio>
#include <tl/autotune.h>
#include <vector>
using namespace tl::keywords;
struct slow { static void go(float &x) { x += 1; asm volatile("" ::: "memory"); } };
struct fast { static void go(float &x) { x += 1; } };
struct config {
  tl::type_token P = tl::type<slow>;
};
constexpr auto space = tl::space<config>().axis(&config::P, {tl::type<slow>, tl::type<fast>});
template <class P = slow> [[tl::autotune(configs = space, rep = 10, warmup = 1)]] void add(int n, float *x) {
  for (int i = 0; i < n; ++i)
    P::go(x[i]);
}
int main() {
  std::vector<float> x(4096);
  add(4096, x.data());
  std::puts(x[0] == 1 ? "right" : "wrong");
}

//--- closure.cpp
#include <cstdio>
#include <tl/autotune.h>
#include <vector>
using namespace tl::keywords;
struct config {
  bool skip_zeros = false;
};
template <class F, config C = config{}> [[tl::autotune({.skip_zeros = true}, rep = 10, warmup = 1)]] void map(int n, float *x, F f) {
  for (int i = 0; i < n; ++i) {
    if (C.skip_zeros && x[i] == 0)
      continue; // right where f(0) == 0
    for (int k = 0; k < 64; ++k) {
      x[i] = f(x[i]);
      asm volatile("" ::: "memory");
    }
  }
}
int main() {
  std::vector<float> x(4096);
  map(4096, x.data(), [](float v) { return v * 2; });
  std::printf("x[0] = %g\n", x[0]);
}

//--- alike.cpp
#include <cstdio>
#include <tl/autotune.h>
#include <vector>
using namespace tl::keywords;
namespace plain { inline void step(int n, float *x) { for (int i = 0; i < n; ++i) { x[i] += 1; asm volatile("" ::: "memory"); } } }
namespace wrong { inline void step(int, float *) {} }
namespace fast { inline void step(int n, float *x) { for (int i = 0; i < n; ++i) x[i] += 1; } }
struct config {
  void (*step)(int, float *) = plain::step;
  bool special = false;
};
template <config C = config{}>
[[tl::autotune({.step = wrong::step, .special = true}, {.step = fast::step, .special = true}, rep = 10, warmup = 1)]] void add(int n, float *x) { C.step(n, x); }
int main() {
  std::vector<float> x(4096);
  add(4096, x.data());
  std::puts(x[0] == 1 ? "right" : "wrong");
}
