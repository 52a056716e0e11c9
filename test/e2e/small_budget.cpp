// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A budget that holds a few runs only. Each start keeps to it, gets on (first runs, then samples, none
// of which is lost), and never makes a better provisional winner give way to a worse one, until the session
// is finished.
//
// Times of a machine that does other work, too: a budget may pass while nothing of ours runs.
// ALLOW_RETRIES: 2
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: rm -rf %t.progress %t.out $TL_CACHE_DIR
// RUN: for start in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do env TL_LOG=info %t >> %t.out 2>&1 || exit 1; \
// RUN:   %sql "select (select count(*) from trials where status not in (0, 16)) + (select sum(n) from trials), (select state from sessions), median_ns, state from winners" >> %t.progress; \
// RUN:   done
// RUN: %python %S/Inputs/gets_on.py %t.out < %t.progress | FileCheck %s --check-prefix=GETS-ON
// GETS-ON: finished after {{[2-9]|1[0-9]}} starts, nothing was lost, no winner got worse, half of the sessions took at most {{0\.([0-5].|60)}} s
// RUN: %sql "select config from winners" | FileCheck %s --check-prefix=BEST
// BEST: ms=30
// RUN: %sql "select count(*), max(attempts) from sessions, trials" | FileCheck %s --check-prefix=ONE
// ONE: 6|
//
// Less than one run: nothing can be tried, the program says so and is not kept waiting.
// RUN: env TL_CACHE_DIR=%t.less TL_BUDGET=0.05 %t 2>&1 | FileCheck %s --check-prefix=LESS
// LESS: work(n=4) runs its default config: the budget of 0.05 s ended before the first variant could be tried: the default config: {{.*}}killed when the budget ended
// LESS-NEXT: ran ms=80

#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <thread>

using namespace tl::keywords;

struct config {
  int ms = 80;
};
constexpr auto space = tl::space<config>().axis(&config::ms, {80, 70, 60, 50, 40, 30});
static int ran;

template <config C = config{}>
[[tl::autotune(configs = space, rep = 5, warmup = 1, budget = 0.5)]]
void work(int n, float *x) {
  x[0] += static_cast<float>(n);
  std::this_thread::sleep_for(std::chrono::milliseconds(C.ms));
  ran = C.ms;
}

int main() {
  float x[4] = {};
  work(4, x);
  std::printf("ran ms=%d\n", ran);
  return x[0] != 4;
}
