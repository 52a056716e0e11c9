// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A number that is passed by reference and left as it is: it is read, also where a slightly other one leads to nothing
// else that is compared. It keeps its value in trials, so that right variants are right and wrong ones found, whatever
// the output held before.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 0 && %t 2
// RUN: %sql "select name || ' ' || config || ' ' || status from trials join sessions on session_id = sessions.id join problems on problem_id = problems.id join factories on factory_id = factories.id order by sessions.id, trials.id" | sort -u | FileCheck %s
// CHECK: step way=0 1
// CHECK-NEXT: step way=1 1
// CHECK-NEXT: step way=2 2
// CHECK-NOT: step

#include <tl/autotune.h>

#include <cstdlib>
#include <vector>

using namespace tl::keywords;

/// 1 is right; 2 leaves out the last element.
struct config {
  int way = 0;
};
template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, key = [](const float *, float *y, const int &) { return int(y[0]); }, rep = 10, warmup = 1)]]
void step(const float *x, float *y, int &count) {
  if (C.way == 0)
    for (volatile int i = 0; i < 20000; i = i + 1) {
    }
  const int n = C.way == 2 ? count - 1 : count;
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
  count = n + (C.way == 2);
}

int main(int, char **argv) {
  std::vector<float> x(1000, 1), y(1000, float(std::atof(argv[1])));
  int count = 1000;
  step(x.data(), y.data(), count);
  for (float it : y)
    if (it != 2)
      return 1;
  return count != 1000;
}
