// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs of the real-time classes on a single processor, with a variant that never ends and one that dies
// with threads of its own: the supervisor comes first, also when what it has killed is cleaned up behind. (The
// system does that in the class of whoever collects a process, and waits there for its threads by trying
// again: a collector that outranks them never ends, by no signal.)
//
// REQUIRES: real-time
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout -s KILL 200 %t | %filecheck %s
// CHECK: fifo, 10: right
// CHECK-NEXT: round robin, 20: right
// CHECK-NEXT: fifo, 1: right
// RUN: %trials > %t.trials && FileCheck %s --check-prefix=RECORD < %t.trials
// RECORD-COUNT-3: step=4|timed_out|

#include "Inputs/host.h"

#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace tl::keywords;

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 0.5, rep = 3, warmup = 1)]]
void spins(int n, const float *x, float *y) {
  for (volatile bool forever = C.step == 4; forever;)
    ;
  std::vector<std::thread> own;
  for (int i = 0; C.step == 2 && i < 8; ++i)
    own.emplace_back([] { usleep(1000); });
  if (C.step == 2)
    std::abort();
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static int last_processor() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  int last = 0;
  for (int i = 0; i < CPU_SETSIZE; ++i)
    if (CPU_ISSET(i, &allowed))
      last = i;
  return last;
}

static int run(int policy, int priority, int n) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last_processor(), &one);
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
  const host::stopwatch watch;
  while (waitpid(child, &status, WNOHANG) != child) {
    if (watch.seconds() > 50) { // no signal would end it in that class
      const sched_param none{};
      sched_setscheduler(child, SCHED_OTHER, &none);
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      std::printf("HANGS: ");
      break;
    }
    usleep(50000);
  }
  std::printf("%s: %s\n", name,
              !WIFEXITED(status)         ? "DIED"
              : WEXITSTATUS(status) == 3 ? "NOT ALLOWED"
              : WEXITSTATUS(status) == 0 ? "right"
                                         : "WRONG");
  std::fflush(stdout);
}

int main() {
  expect("fifo, 10", SCHED_FIFO, 10, 4099);
  expect("round robin, 20", SCHED_RR, 20, 4100);
  expect("fifo, 1", SCHED_FIFO, 1, 4101);
}
