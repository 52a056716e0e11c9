// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data behind iterators of a class type: the range is compared, and put back so that sorts are timed on unsorted data.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: n = 1000: sorted
// CHECK: n = 20000: sorted
// RUN: %sql "select compared from sessions" | FileCheck %s --check-prefix=COMPARED
// COMPARED: begin, {{[0-9]+}} of {{[0-9]+}} elements changed
// RUN: %sql "select count(*) from trials where config = 'way=2' and status = 2" | FileCheck %s --check-prefix=WRONG
// WRONG: 2

#include <tl/autotune.h>

#include <algorithm>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int way = 0;
};
template <class It, config C = config{}>
[[tl::autotune({.way = 0}, {.way = 1}, {.way = 2}, rep = 10, warmup = 1)]]
void sorted(It begin, It end) {
  if (C.way == 0)
    std::sort(begin, end);
  if (C.way == 1)
    std::stable_sort(begin, end);
  if (C.way == 2 && begin != end)
    *begin = 7; // fast and wrong
}

int main() {
  for (int n : {1000, 20000}) {
    std::vector<double> v(n);
    for (int i = 0; i < n; ++i)
      v[i] = (i * 7919L) % n;
    sorted(v.begin(), v.end());
    std::printf("n = %d: %s\n", n, std::is_sorted(v.begin(), v.end()) ? "sorted" : "NOT SORTED");
  }
}
