// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A handle is launched with bare pointers, whose extents its description declares: from the second launch on the winner
// is installed and nothing is asked, also on other buffers that are as far apart; buffers that overlap are another call.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t | FileCheck %s
// RUN: env TL_TUNE=require %t | FileCheck %s
// CHECK: tuned: right, by way=1
// CHECK-NEXT: again: right, installed
// CHECK-NEXT: others: right, installed
// CHECK-NEXT: overlapping: right
// RUN: %sql "select count(*) from problems" | FileCheck %s --check-prefix=ONE
// ONE: {{^1$}}

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

/// 1 is fast and reads an element after it has written the next one.
struct config {
  int way = 0;
};
using launch = tl::kernel<void(tl::in<int>, tl::out<int>)>;

template <config C = config{}>
TL_AUTOTUNE({.way = 1}, warmup = 0, rep = 10)
launch reverse(int n) {
  return launch([n](tl::in<int> from, tl::out<int> to) {
           if (C.way == 0)
             for (volatile int i = 0; i < 20000; i = i + 1) {
             }
           const std::vector<int> kept(from.data(), from.data() + (C.way == 0 ? n : 0));
           const int *source = C.way == 0 ? kept.data() : from.data();
           for (int i = 0; i < n; ++i)
             to.data()[i] = source[n - 1 - i];
         })
      .extent<0>(n)
      .extent<1>(n);
}

int main() {
  constexpr int n = 1000;
  std::vector<int> memory(8 * n);
  const launch run = reverse(n);
  const auto right = [&](int *from, int *to) {
    for (int i = 0; i < n; ++i)
      from[i] = i;
    run(from, to);
    for (int i = 0; i < n; ++i)
      if (to[i] != n - 1 - i)
        return "wrong";
    return "right";
  };
  int *const at = memory.data();
  // By which variant is known when the first launch is over; it counts from the next one on.
  const char *first = right(at, at + 2 * n), *again = right(at, at + 2 * n);
  std::printf("tuned: %s, by %s\n", first, run.config().c_str());
  std::printf("again: %s, %s\n", again, run.ready() ? "installed" : "to be found");
  const char *other = right(at + 5 * n, at + 3 * n);
  std::printf("others: %s, %s\n", other, run.config() == "way=1" ? "installed" : "to be found");
  std::printf("overlapping: %s\n", right(at, at + n / 2));
}
