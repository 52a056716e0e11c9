// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The progress line: on a terminal it shows what is tried, the best so far and the time left, and is wiped at the
// end; elsewhere, and with TL_PROGRESS=off, there is none.

// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %python %S/Inputs/terminal.py %t | FileCheck %s
// CHECK: line: tl: wait(n=1) trying {{[0-9]+}}/12, best {{[0-9.]+}} ms, about {{[0-9]+}} s left
// CHECK: line: tl: wait(n=1) racing {{[0-9]+}} variants, best {{[0-9.]+}} ms, {{[0-9]+}} % sure, at most {{[0-9]+}} s left
// CHECK: last: tl: wait(n=1): winner ms={{[0-9]+}}
// CHECK: columns: fits

// RUN: rm -rf %t.cache && env TL_PROGRESS=off %python %S/Inputs/terminal.py %t | FileCheck %s --check-prefix=QUIET --implicit-check-not trying
// RUN: rm -rf %t.cache && %t 2>&1 | FileCheck %s --check-prefix=QUIET --implicit-check-not trying
// QUIET: done
// RUN: rm -rf %t.cache && env TL_PROGRESS=on %t 2>&1 | FileCheck %s --check-prefix=ASKED
// ASKED: trying {{[0-9]+}}/12

#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <thread>

using namespace tl::keywords;

struct wait_config {
  int ms = 30;
};

template <wait_config C = wait_config{}>
[[tl::autotune(configs = tl::space<wait_config>().axis(&wait_config::ms, {30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41}),
               budget = 20, skip_check = true)]]
void wait([[maybe_unused]] int n) {
  std::this_thread::sleep_for(std::chrono::milliseconds(C.ms));
}

int main() {
  wait(1);
  std::puts("done");
}
