// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `search = random(n)` and `local(n)` try n of the configs, the default among them, and race those. A local
// search walks to the best config of a smooth space that a random choice of that size mostly misses.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: %t random | %filecheck %s
// RUN: %count | FileCheck %s --check-prefix=TWELVE
// RUN: %sql "select count(*) from trials where config = 'x=0,y=0'" | FileCheck %s --check-prefix=ONE
// RUN: %t local | %filecheck %s --check-prefix=BEST
// RUN: %sql "select count(*) from trials" | FileCheck %s --check-prefix=BOTH
// CHECK: right
// TWELVE: 12
// ONE: 1
// BEST: x=5 y=6
// BEST: right
// BOTH: 52

#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace tl::keywords;

struct point {
  int x = 0, y = 0;
};
inline constexpr auto square =
    tl::space<point>().axis(&point::x, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).axis(&point::y, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});

static int last_x, last_y;

/// Spins for longer the farther (x, y) is from (5, 6).
template <point C> void spin(float *data) {
  last_x = C.x;
  last_y = C.y;
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::microseconds(100 + 40 * (std::abs(C.x - 5) + std::abs(C.y - 6)));
  while (std::chrono::steady_clock::now() < end) {
  }
  data[0] += 1;
}

template <point C = point{}>
[[tl::autotune(configs = square, search = tl::search::random(12))]]
void randomly(int, float *data) {
  spin<C>(data);
}

template <point C = point{}>
[[tl::autotune(configs = square, search = tl::search::local(40))]]
void locally(int, float *data) {
  spin<C>(data);
}

int main(int, char **argv) {
  float data[1] = {};
  if (std::strcmp(argv[1], "local") == 0)
    locally(1, data);
  else
    randomly(1, data);
  std::printf("x=%d y=%d\n%s\n", last_x, last_y, data[0] == 1 ? "right" : "wrong");
}
