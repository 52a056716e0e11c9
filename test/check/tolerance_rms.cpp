// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A sum of many terms whose error does not get smaller where the result does, and one of tiny numbers: tl::rms judges both by
// the size of the whole output. The fixed tolerance rejects the first and accepts the second.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: large by rms: ok
// CHECK: tiny by rms: ok
// RUN: %sql "select f.name || ' ' || t.config || ' ' || t.status from trials t join sessions s on s.id = t.session_id join problems p on p.id = s.problem_id join factories f on f.id = p.factory_id order by f.name, t.config" | FileCheck %s --check-prefix=TRIALS
// TRIALS: large_fixed way=1 2
// TRIALS: large_rms way=1 1
// TRIALS: tiny_fixed way=1 1
// TRIALS: tiny_rms way=1 2

#include <tl/autotune.h>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int way = 0;
};
/// Numbers of all sizes up to `size`; way 1 is off by `error` everywhere.
template <config C> void body(int n, float size, float error, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = size * std::sin(float(i)) * (i % 2 ? 1e-4f : 1.f) + (C.way == 1 ? error : 0.f);
}
#define FACTORY(name, ...)                                                                         \
  template <config C = config{}>                                                                   \
  [[tl::autotune({.way = 1}, rep = 5, warmup = 0 __VA_ARGS__)]]                                    \
  void name(int n, float size, float error, float *y) { body<C>(n, size, error, y); }
FACTORY(large_fixed)
FACTORY(large_rms, , tolerance = tl::rms(1e-3))
FACTORY(tiny_fixed)
FACTORY(tiny_rms, , tolerance = tl::rms(1e-3))

int main() {
  std::vector<float> y(4096);
  large_fixed(4096, 1000, 0.1f, y.data()); // an error of a ten thousandth of the whole
  large_rms(4096, 1000, 0.1f, y.data());
  std::printf("large by rms: %s\n", std::fabs(y[0]) < 0.2f ? "ok" : "wrong");
  tiny_fixed(4096, 1e-4f, 1e-4f, y.data()); // wrong in every element
  tiny_rms(4096, 1e-4f, 1e-4f, y.data());
  std::printf("tiny by rms: %s\n", y[0] == 0 ? "ok" : "wrong");
}
