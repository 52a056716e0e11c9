// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One element in a large output that is missing, too large, or no number: far fewer than the share that may miss the
// tolerance by rounding, and no rounding. Elements that miss it by a little are; who gives a share means it.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: 0 wrong, 0 wrong, 0 wrong
// RUN: %sql "select name || ' ' || config || ': ' || status || ' ' || reason from trials join sessions on session_id = sessions.id join problems on problem_id = problems.id join factories on factory_id = factories.id order by trials.id" | FileCheck %s --check-prefix=TRIALS
// TRIALS-DAG: missing way=2: {{.*}}1 of 200000 elements of y differ
// TRIALS-DAG: missing way=1: 1
// TRIALS-DAG: doubled way=2: {{.*}}1 of 200000 elements of y differ
// TRIALS-DAG: undefined way=2: {{.*}}1 of 200000 elements of y differ
// TRIALS-DAG: given way=2: 1

#include <tl/autotune.h>

#include <cstdio>
#include <limits>
#include <vector>

using namespace tl::keywords;

// 2 is fastest, and wrong in one place; 1 rounds a few elements coarsely.
struct config {
  int way = 0;
};
constexpr auto ways = tl::space<config>().axis(&config::way, {0, 1, 2});
constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

template <config C>
static void scale(int n, const float *x, float *y, float in_one_place) {
  for (volatile int w = 0; w < 100000 * (2 - C.way); w = w + 1)
    asm volatile("");
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
  if (C.way == 1)
    for (int i = 0; i < n; i += n / 100)
      y[i] *= 1.03f;
  if (C.way == 2)
    y[n / 2] = in_one_place;
}

template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1)]]
void missing(int n, const float *x, float *y) {
  scale<C>(n, x, y, 0);
}
template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1)]]
void doubled(int n, const float *x, float *y) {
  scale<C>(n, x, y, 4);
}
template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1)]]
void undefined(int n, const float *x, float *y) {
  scale<C>(n, x, y, no_number);
}
template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1,
               tolerance = {.max_mismatched_ratio = 0.001})]]
void given(int n, const float *x, float *y) {
  scale<C>(n, x, y, 4);
}

static int wrong(void (*called)(int, const float *, float *)) {
  std::vector<float> x(200000, 1), y(x.size());
  called(static_cast<int>(x.size()), x.data(), y.data());
  int count = 0;
  for (const float it : y)
    count += !(it >= 2 && it < 2.1f);
  return count;
}

int main() {
  std::printf("%d wrong, ", wrong(missing));
  std::printf("%d wrong, ", wrong(doubled));
  std::printf("%d wrong\n", wrong(undefined));
  wrong(given);
}
