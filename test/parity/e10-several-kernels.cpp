// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E10, the CPU: a factory is a plain function, and a launch may be any callable: several functions in a row,
// with state of its own, and a result.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: eager 20 of two passes
// CHECK: lazy 20 of two passes, by parts={{[124]}}
// CHECK: a sum is returned: 20

#include <tl/autotune.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int parts = 1;
};
inline constexpr auto parts = tl::space<config>().axis(&config::parts, {1, 2, 4});

/// First pass: a sum for each part. Second pass: the sum of these.
template <config C> static void add_parts(int n, const int *from, int *sums) {
  for (int part = 0; part < C.parts; ++part)
    for (int i = part; i < n; i += C.parts)
      sums[part] += from[i];
}
template <config C> static int add_up(const int *sums) {
  int total = 0;
  for (int part = 0; part < C.parts; ++part)
    total += sums[part];
  return total;
}

template <config C = config{}>
TL_AUTOTUNE(configs = parts, warmup = 0, rep = 4)
void eager(int n, tl::in<int> from, tl::out<int> to) {
  int sums[C.parts] = {};
  add_parts<C>(n, from.data(), sums);
  to.data()[0] = add_up<C>(sums);
}

using launch = tl::kernel<int(tl::in<int>, tl::out<int>)>;
template <config C = config{}>
TL_AUTOTUNE(configs = parts, warmup = 0, rep = 4)
launch lazy(int n) {
  return launch([n, sums = std::vector<int>(C.parts)](tl::in<int> from, tl::out<int> to) {
    std::vector<int> of_this_call(sums);
    add_parts<C>(n, from.data(), of_this_call.data());
    return to.data()[0] = add_up<C>(of_this_call.data());
  });
}

int main() {
  std::vector<int> from(10, 2), to(1);
  eager(10, from, to);
  std::printf("eager %d of two passes\n", to[0]);
  to[0] = 0;
  const launch run = lazy(10);
  const int total = run(from, to);
  std::printf("lazy %d of two passes, by %s\n", to[0], run.config().c_str());
  std::printf("a sum is returned: %d\n", total);
}
