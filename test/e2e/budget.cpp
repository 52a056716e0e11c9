// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A session that its budget ends is stored as unfinished and is usable; later starts go on with it
// until it is finished, and try no config twice.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: env TL_BUDGET=0.5 %t | %filecheck %s
// CHECK: right
// RUN: %sql "select state from sessions" | FileCheck %s --check-prefix=UNFINISHED
// UNFINISHED: 2
// RUN: %sql "select state from winners" | FileCheck %s --check-prefix=PROVISIONAL
// PROVISIONAL: 0
// RUN: %sql "select count(*) < 40 from trials" | FileCheck %s --check-prefix=YES
// YES: 1
//
// What there is counts where nothing may be tuned.
// RUN: env TL_TUNE=require %t | %filecheck %s
//
// RUN: %t | %filecheck %s
// RUN: %sql "select count(*), max(state), max(runs) from sessions" | FileCheck %s --check-prefix=FINISHED
// FINISHED: 1|1|2
// RUN: %sql "select count(*), max(attempts) from trials" | FileCheck %s --check-prefix=ALL
// ALL: 40|1
// RUN: %sql "select state from winners" | FileCheck %s --check-prefix=YES

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

#include <unistd.h>

using namespace tl::keywords;

struct config {
  int step = 0;
};
constexpr auto make_space() {
  std::array<config, 40> all{};
  for (int i = 0; i < 40; ++i)
    all[std::size_t(i)].step = i;
  return all;
}
inline constexpr auto space = make_space();

/// 20 ms each, so that half a second does not reach 40 of them.
template <config C = config{}>
[[tl::autotune(configs = space, timeout = 10, rep = 3)]]
void scale(int n, float *data) {
  usleep(20000 + 1000 * C.step);
  for (int i = 0; i < n; ++i)
    data[i] *= 2;
}

int main() {
  std::vector<float> data(100, 1.0f);
  scale(int(data.size()), data.data());
  for (float value : data)
    if (value != 2)
      return 1;
  std::puts("right");
}
