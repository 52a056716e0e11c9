// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program that is killed while it tunes continues at the next start: trials that had ended are not
// repeated, the one that was running is tried once more, and not again when the
// program is killed then, too; and the session is completed.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: not --crash env DEADLY=1 %t
// RUN: %sql "select count(*) from winners" | FileCheck %s --check-prefix=NONE
// NONE: 0
// RUN: %trials | FileCheck %s --check-prefix=ONCE
// ONCE: deadly=true|running|
// RUN: not --crash env DEADLY=1 %t
// RUN: %sql "select config, started, ended from trials where status <> 0 order by config" > %t.before
// RUN: %t | %filecheck %s
// CHECK: right
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS: deadly=true|lost|
// RUN: %sql "select count(*), max(attempts) from trials where status <> 10" | FileCheck %s --check-prefix=REST
// REST: 7|1
// RUN: %sql "select count(*), max(runs), max(state) from sessions" | FileCheck %s --check-prefix=SESSION
// SESSION: 1|3|1
//
// A third start finds the winner.
// RUN: env TL_TUNE=require %t | %filecheck %s

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include <signal.h>
#include <unistd.h>

using namespace tl::keywords;

struct config {
  int unroll = 1;
  bool deadly = false;
};
inline constexpr auto space = tl::space<config>()
                                  .axis(&config::unroll, {1, 2, 3, 4, 5, 6, 7})
                                  .axis(&config::deadly, {false, true})
                                  .where([](config c) { return !c.deadly || c.unroll == 7; });

template <config C = config{}>
[[tl::autotune(configs = space, timeout = 10)]]
void scale(int n, float *data) {
  if constexpr (C.deadly)
    if (std::getenv("DEADLY"))
      kill(getppid(), SIGKILL); // from the worker: the program itself
  for (int i = 0; i < n; ++i)
    data[i] *= 2;
}

int main() {
  std::vector<float> data(2000, 1.0f);
  scale(int(data.size()), data.data());
  for (float value : data)
    if (value != 2)
      return 1;
  std::puts("right");
}
