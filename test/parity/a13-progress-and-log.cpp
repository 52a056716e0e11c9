// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A13, progress and log: a line on a terminal shows how far tuning is and is gone in the end; a log file
// gets every trial with its reason; each reason is a row of the store.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: env TL_PROGRESS=on %t 2>%t.terminal
// RUN: tr '\r' '\n' < %t.terminal | %filecheck %s --check-prefix=LINE
// LINE: tl: sum(n=100) trying 1/4{{.*}}best
// LINE: tl: sum(n=100) racing {{[0-9]+}} variants, best
// LINE: tl: sum(n=100): winner step={{[123]}}
// RUN: FileCheck %s --check-prefix=LOG < $TL_CACHE_DIR/autotune.log
// LOG: sum(n=100) step=7: wrong {{.*}}(1 of 1 elements of to
// LOG: sum(n=100) step={{[123]}}: measured
// RUN: %trials | FileCheck %s --check-prefix=ROWS
// ROWS: sum|n=100|step=7|wrong|{{.+}}
//
// Without a terminal there is no line, and by default nothing is said.
// RUN: rm -f $TL_CACHE_DIR/autotune.db
// RUN: %t 2>&1 | count 0

#include <tl/autotune.h>

#include <vector>

#include <unistd.h>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2, 3, 7});

template <config C = config{}>
TL_AUTOTUNE(configs = steps, timeout = 10, warmup = 0, rep = 8)
void sum(int n, const int *from, int *to) {
  usleep(15000); // long enough for a line to be drawn in each phase
  int total = 0;
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      total += from[i];
  to[0] = C.step == 7 ? total + 1 : total;
}

int main() {
  std::vector<int> from(100, 2), to(1);
  sum(100, from.data(), to.data());
  return to[0] == 200 ? 0 : 1;
}
