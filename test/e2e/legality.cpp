// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Nothing is tried of a variant that the plugin has found to be one that can never run, and results are shared with a
// build that has it. (What the plugin finds is the business of cuda/legality_each.cu; this program says it by hand.)
//
// RUN: %clangxx %plugin %s -o %t.all %runtime
// RUN: %clangxx %plugin -DNOTED %s -o %t.some %runtime
// RUN: %t.some | %filecheck %s
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// RUN: env TL_TUNE=require %t.all | %filecheck %s
// RUN: env TL_FORCE_CONFIG=delay=3 %t.all | %filecheck %s
//
// CHECK: done
// TRIALS-DAG: work|n=5|delay=0|{{measured|cut}}
// TRIALS-DAG: work|n=5|delay=3|infeasible|can never run and was left out: 512 threads

#include <tl/autotune.h>
#include <cstdio>
#include <unistd.h>

using namespace tl::keywords;

struct config {
  int delay = 1;
};
template <config C = config{}>
TL_AUTOTUNE({.delay = 0}, {.delay = 1}, {.delay = 3}, timeout = 10, warmup = 0, rep = 2)
void work(int n, int *done) {
  usleep(C.delay * 3000);
  *done = n;
}

#ifdef NOTED
static tl::detail::illegal_registration never(reinterpret_cast<const void *>(&work<config{3}>),
                                              "can never run and was left out: 512 threads of 168 registers");
#endif

int main() {
  int done = 0;
  work(5, &done);
  std::puts(done == 5 ? "done" : "not done");
}
