// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B8, kernels that update in place do not spoil the inputs that variants share: each runs on the same data,
// a variant that is wrong does not make the next one wrong, and the caller's buffers hold what one run leaves.
// Also where input and output overlap, and without a process for the trials.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// RUN: rm $TL_CACHE_DIR/autotune.db
// RUN: env TL_ISOLATION=none %t | %filecheck %s
// CHECK: squares 9 4 1
// CHECK: shifted 0 0 1 2 3
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS: shift|key=4|wrong=0,slow=false|{{measured|cut}}
// TRIALS: shift|key=4|wrong=0,slow=true|{{measured|cut}}
// TRIALS: shift|key=4|wrong=1,slow=false|wrong|
// TRIALS: square|key=3|wrong=0,slow=false|{{measured|cut}}
// TRIALS: square|key=3|wrong=0,slow=true|{{measured|cut}}
// TRIALS: square|key=3|wrong=1,slow=false|wrong|

#include <tl/autotune.h>

#include <cstdio>
#include <cstring>
#include <span>
#include <vector>

using namespace tl::keywords;

struct config {
  int wrong = 0;
  bool slow = false;
};
// The wrong one before a right one.
inline constexpr config configs_in_order[] = {{0, false}, {1, false}, {0, true}};

/// On data that an earlier run has left behind, this is wrong.
template <config C = config{}>
TL_AUTOTUNE(configs = configs_in_order, key = [](int n, auto) { return n; }, warmup = 0, rep = 4)
void square(int n, std::span<int> data) {
  for (int i = 0; i < n; ++i)
    data[std::size_t(i)] *= data[std::size_t(i)] + C.wrong;
}

/// `to` begins inside of `from`.
template <config C = config{}>
TL_AUTOTUNE(configs = configs_in_order, key = [](int n, auto, auto) { return n; }, warmup = 0, rep = 4)
void shift(int n, std::span<int> from, std::span<int> to) {
  std::memmove(to.data(), from.data(), sizeof(int) * std::size_t(n));
  to[0] += C.wrong;
}

int main() {
  std::vector<int> data{3, 2, 1}, line{0, 1, 2, 3, 7};
  square(3, data);
  std::printf("squares %d %d %d\n", data[0], data[1], data[2]);
  shift(4, std::span(line).first(4), std::span(line).last(4));
  std::printf("shifted %d %d %d %d %d\n", line[0], line[1], line[2], line[3], line[4]);
}
