// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A8, parallel compilation: three jobs at the same time compile a part of the variants each, from one source;
// linked in any order they are one program in which every variant is tried.
//
// RUN: sh -ec 'for i in 0 1 2; do %clangxx -O1 %plugin -fplugin-arg-tl-shard=$i/3 -c %s -o %t.$i.o & jobs="$jobs $!"; done; for j in $jobs; do wait $j; done'
// RUN: %clangxx %t.2.o %t.0.o %t.1.o -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: 5 variants, right
// RUN: %sql "select config from trials order by config" | FileCheck %s --check-prefix=TRIED
// TRIED: step=1
// TRIED-NEXT: step=2
// TRIED-NEXT: step=3
// TRIED-NEXT: step=4
// TRIED-NEXT: step=5

#include <tl/autotune.h>
#include <tl/capi.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2, 3, 4, 5});

template <config C = config{}>
TL_AUTOTUNE(configs = steps, timeout = 10, warmup = 0, rep = 4)
void fill(int n, int *to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to[i] = i;
}

int main() {
  std::vector<int> to(100);
  fill(100, to.data());
  std::printf("%u variants, %s\n", tl_rt_find_factory("fill")->variant_count, to[99] == 99 ? "right" : "wrong");
}
