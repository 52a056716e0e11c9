// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A factory in a header that two units use is one factory: one dispatcher, tuned once. A unit that
// was compiled without the plugin can be linked to them; its calls run the default config.
//
// RUN: %clangxx %plugin -O2 -c %s -o %t.a.o
// RUN: %clangxx %plugin -O2 -c -DSECOND %s -o %t.b.o
// RUN: %gxx -O2 -c -DTHIRD %s -o %t.c.o
// RUN: %clangxx %t.a.o %t.b.o %t.c.o -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: 4 4 4
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: math::add<float>|n=3|unroll={{[14]}}|final
// RUN: %sql "select count(*) from winners" | FileCheck %s --check-prefix=ONE
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=ONE
// ONE: {{^1$}}
// RUN: %sql "select count(*), count(distinct config) from trials" | FileCheck %s --check-prefix=TRIALS
// TRIALS: {{^2[|]2$}}

#include "Inputs/add.h"

#include <cstdio>

void add_second(int n, const float *a, float *b);
void add_third(int n, const float *a, float *b);

#if defined(SECOND)
void add_second(int n, const float *a, float *b) { math::add(n, a, b); }
#elif defined(THIRD)
void add_third(int n, const float *a, float *b) { math::add(n, a, b); }
#else
int main() {
  const float a[3] = {1, 1, 1};
  float b[3] = {1, 1, 1};
  math::add(3, a, b);
  add_second(3, a, b);
  add_third(3, a, b);
  std::printf("%g %g %g\n", b[0], b[1], b[2]);
}
#endif
