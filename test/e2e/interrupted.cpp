// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ctrl-C, or SIGTERM as here, while a variant runs says nothing about the variant: the next start tries it again, and here
// it wins.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: not --crash env INTERRUPT=1 %t
// RUN: %trials | FileCheck %s --check-prefix=RUNNING
// RUNNING: ms=20|running|
// RUN: %t | %filecheck %s
// CHECK: ran ms=20
// RUN: %sql "select status, attempts from trials where config = 'ms=20'" | FileCheck %s --check-prefix=AGAIN
// AGAIN: 1|2

#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <signal.h>
#include <unistd.h>

using namespace tl::keywords;

static int ran;

struct config {
  int ms = 60;
};

template <config C = config{}>
[[tl::autotune({.ms = 60}, {.ms = 20}, rep = 5, warmup = 1)]]
void work(int n, float *x) {
  for (int i = 0; i < n; ++i)
    x[i] += 1;
  if (C.ms == 20 && std::getenv("INTERRUPT"))
    kill(getppid(), SIGTERM); // from the worker: SIGINT is ignored in what a test runner starts
  std::this_thread::sleep_for(std::chrono::milliseconds(C.ms));
  ran = C.ms;
}

int main() {
  float x[64] = {};
  work(64, x);
  std::printf("ran ms=%d\n", ran);
}
