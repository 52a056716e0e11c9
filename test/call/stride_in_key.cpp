// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Equal shapes and another layout are another problem: a variant that takes rows for contiguous is
// right, and fastest, for dense views only.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: 0 wrong
// RUN: %sql "select problem from problems order by id" | FileCheck %s --check-prefix=PROBLEMS
// PROBLEMS: {{^}}x=40x40,y=40x40{{$}}
// PROBLEMS-NEXT: {{^}}x=40x40@1x40,y=40x40{{$}}
// PROBLEMS-NEXT: {{^}}x=40x40@-40x1,y=40x40{{$}}
// PROBLEMS-NEXT: {{^}}x=40x20@40x2,y=40x20{{$}}

#include <tl/autotune.h>

#include <cstdio>
#include <cstring>
#include <vector>

using namespace tl::keywords;

struct config {
  bool dense_only = false;
};

template <config C = config{}>
[[tl::autotune({.dense_only = true}, rep = 5, warmup = 0)]]
void copy(tl::tensor<const float, 2> x, tl::tensor<float, 2> y) {
  if (C.dense_only)
    std::memcpy(y.pointer, x.pointer, sizeof(float) * x.shape[0] * x.shape[1]);
  else
    for (std::size_t r = 0; r < x.shape[0]; ++r)
      for (std::size_t c = 0; c < x.shape[1]; ++c) {
        y(r, c) = x(r, c);
        for (int i = 0; i < 10; ++i)
          asm volatile("" ::: "memory");
      }
}

static int wrong = 0;

static void copy_and_compare(tl::tensor<const float, 2> x) {
  std::vector<float> result(x.shape[0] * x.shape[1], -1.0f);
  const tl::tensor<float, 2> y(result.data(), x.shape[0], x.shape[1]);
  for (int call = 0; call < 3; ++call) {
    copy(x, y);
    for (std::size_t r = 0; r < x.shape[0]; ++r)
      for (std::size_t c = 0; c < x.shape[1]; ++c)
        wrong += y(r, c) != x(r, c);
  }
}

int main() {
  constexpr std::size_t n = 40;
  std::vector<float> data(n * n);
  for (std::size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<float>(i);
  const auto stride = static_cast<std::ptrdiff_t>(n);
  copy_and_compare({data.data(), n, n});
  copy_and_compare({data.data(), {n, n}, {1, stride}});                       // transposed
  copy_and_compare({data.data() + n * (n - 1), {n, n}, {-stride, 1}});        // upside down
  copy_and_compare({data.data(), {n, n / 2}, {stride, 2}});                   // every other column
  copy_and_compare({data.data(), {n, n}, {stride, 1}});                       // dense, said in full
  std::printf("%d wrong\n", wrong);
}
