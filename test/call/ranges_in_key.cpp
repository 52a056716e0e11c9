// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A (begin, end) pair of pointers or contiguous iterators is one range, and its size tells problems
// apart.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime -Werror
// RUN: %t 2>&1 | %filecheck %s
// CHECK: 0 wrong
// RUN: %sql "select problem from problems order by id" | FileCheck %s --check-prefix=PROBLEMS
// PROBLEMS: {{^}}begin=100{{$}}
// PROBLEMS-NEXT: {{^}}begin=3000{{$}}
// PROBLEMS-NEXT: {{^}}first=100,k=2{{$}}
// PROBLEMS-NEXT: {{^}}first=3000,k=2{{$}}
// PROBLEMS-NEXT: {{^}}rows_begin=3,values=4{{$}}
// PROBLEMS-NOT: {{.}}

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int block = 1;
};

static int wrong = 0;

template <config C = config{}>
[[tl::autotune({.block = 64}, rep = 2, warmup = 0)]]
void scale(double *begin, double *end) {
  for (double *p = begin; p < end; p += C.block)
    for (double *q = p; q < p + C.block && q < end; ++q)
      *q *= 2;
}

template <class It, config C = config{}>
[[tl::autotune({.block = 64}, rep = 2, warmup = 0)]]
double sum(It first, It last, int k) {
  double total = 0;
  for (It at = first; at != last; ++at)
    total += *at * k;
  return total;
}

template <config C = config{}>
[[tl::autotune({.block = 64}, rep = 2, warmup = 0)]]
long two(const int *rows_begin, const int *rows_end, const char *values, const char *values_end) {
  return (rows_end - rows_begin) * 1000 + (values_end - values);
}

int main() {
  for (const std::size_t n : {100u, 3000u, 100u}) {
    std::vector<double> v(n, 1.0);
    scale(v.data(), v.data() + n);
    for (const double it : v)
      wrong += it != 2;
  }
  for (const std::size_t n : {100u, 3000u, 100u}) {
    const std::vector<double> v(n, 1.0);
    wrong += sum(v.begin(), v.end(), 2) != 2.0 * static_cast<double>(n);
  }
  const int rows[3] = {};
  const char values[4] = {};
  wrong += two(rows, rows + 3, values, values + 4) != 3004;
  std::printf("%d wrong\n", wrong);
}
