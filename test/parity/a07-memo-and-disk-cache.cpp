// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The first run tunes and stores; the second one uses what is stored and tries nothing; another
// problem is tuned on its own.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: env TL_LOG=info %t 4096 2>&1 | %filecheck %s --check-prefix=COLD
// COLD: scale
// COLD: right
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS-DAG: scale|n=4096|unroll=1|{{measured|cut}}|
// TRIALS-DAG: scale|n=4096|unroll=2|{{measured|cut}}|
// TRIALS-DAG: scale|n=4096|unroll=8|{{measured|cut}}|
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: scale|n=4096|unroll={{[128]}}|
// RUN: %sql "select id, started, ended, attempts from trials" > %t.before
//
// RUN: env TL_LOG=debug %t 4096 2> %t.log | %filecheck %s --check-prefix=WARM
// WARM: right
// RUN: %sql "select id, started, ended, attempts from trials" > %t.after
// RUN: cmp %t.before %t.after
// RUN: env TL_TUNE=require %t 4096 | %filecheck %s --check-prefix=WARM
//
// RUN: %t 8192 | %filecheck %s --check-prefix=WARM
// RUN: %winners | FileCheck %s --check-prefix=TWO
// TWO: scale|n=4096|
// TWO: scale|n=8192|
//
// A switched-off tuner runs the default config and stores nothing.
// RUN: env TL_TUNE=off TL_CACHE_DIR=%t.none %t 100 | %filecheck %s --check-prefix=WARM
// RUN: not ls %t.none/autotune.db

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace tl::keywords;

struct scale_config {
  int unroll = 1;
};

inline constexpr auto scale_space =
    tl::space<scale_config>().axis(&scale_config::unroll, {1, 2, 8});

template <scale_config C = scale_config{}>
[[tl::autotune(configs = scale_space, timeout = 10)]]
void scale(int n, float factor, float *data) {
  int i = 0;
  for (; i + C.unroll <= n; i += C.unroll)
    for (int j = 0; j < C.unroll; ++j)
      data[i + j] *= factor;
  for (; i < n; ++i)
    data[i] *= factor;
}

int main(int, char **argv) {
  const int n = std::atoi(argv[1]);
  std::vector<float> data(static_cast<std::size_t>(n), 3.0f);
  scale(n, 2.0f, data.data()); // in place: had a trial touched the data, it would not be 6
  for (float value : data)
    if (value != 6.0f)
      return 1;
  scale(n, 0.5f, data.data());
  for (float value : data)
    if (value != 3.0f)
      return 1;
  std::puts("right");
}
