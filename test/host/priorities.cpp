// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs of the batch and idle classes are tuned as others are, on one processor, and a variant that never
// ends is ended. (Real-time classes: real_time.cpp.)
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout -s KILL 100 %t | %filecheck %s
// CHECK: batch: right
// CHECK-NEXT: idle: right
// RUN: %trials | FileCheck %s --check-prefix=RECORD
// RECORD: step=1|measured|
// RECORD: step=4|timed_out|killed after

#include "Inputs/host.h"

#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tl::keywords;

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 0.5, rep = 3, warmup = 1)]]
void spins(int n, const float *x, float *y) {
  if (C.step == 4)
    for (volatile bool forever = true; forever;)
      ;
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static int run(int policy, int priority, int n) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
  sched_param parameter{};
  parameter.sched_priority = priority;
  if (sched_setscheduler(0, policy, &parameter) != 0)
    return 3;
  std::vector<float> x(static_cast<std::size_t>(n), 1), y(x.size());
  spins(n, x.data(), y.data());
  return y[7] != 2;
}

static void expect(const char *name, int policy, int priority, int n) {
  const pid_t child = fork();
  if (child == 0)
    _exit(run(policy, priority, n));
  int status = 0;
  for (int tenths = 0; tenths < 400; ++tenths) {
    if (waitpid(child, &status, WNOHANG) == child) {
      std::printf("%s: %s\n", name,
                  !WIFEXITED(status) ? "DIED" : WEXITSTATUS(status) == 3   ? "not allowed here"
                                            : WEXITSTATUS(status) == 0 ? "right"
                                                                       : "WRONG");
      std::fflush(stdout);
      return;
    }
    usleep(100000);
  }
  kill(child, SIGKILL);
  std::printf("%s: HANGS\n", name);
  std::fflush(stdout);
}

int main() {
  expect("batch", SCHED_BATCH, 0, 4099);
  expect("idle", SCHED_IDLE, 0, 4100);
}
