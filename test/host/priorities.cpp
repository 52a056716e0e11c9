// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs of the batch and idle classes are tuned as others are, on one processor, and a variant that never
// ends is ended: as soon as others let them run. (Real-time classes: real_time.cpp.)
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout -s KILL 100 %t | %filecheck %s
// CHECK: batch: right
// CHECK-NEXT: idle: {{right|kept from running}}
// RUN: %trials | FileCheck %s --check-prefix=RECORD
// RECORD: step=1|measured|
// RECORD: step=4|timed_out|killed after

#include "Inputs/host.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;

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

/// What a process and its descendants have used of the processors [s], and whether one of their threads wants
/// one.
struct demand {
  double used = 0;
  bool wants = false;

  void add(const fs::path &process) {
    std::error_code error;
    for (const auto &task : fs::directory_iterator(process / "task", error)) {
      std::ifstream schedule(task.path() / "schedstat"), about(task.path() / "stat"),
          children(task.path() / "children");
      double ns = 0;
      std::string line;
      if (schedule >> ns)
        used += ns * 1e-9;
      wants |= std::getline(about, line) && line.find(") R ") != std::string::npos;
      for (pid_t child = 0; children >> child;)
        add("/proc/" + std::to_string(child));
    }
  }
};

/// Time in which others keep it from running does not count: that of an idle class may get next to nothing.
static void expect(const char *name, int policy, int priority, int n) {
  const pid_t child = fork();
  if (child == 0)
    _exit(run(policy, priority, n));
  const host::stopwatch watch;
  int status = 0, ran_tenths = 0, kept_tenths = 0;
  for (double used = 0; ran_tenths < 250 && watch.seconds() < 45;) {
    if (waitpid(child, &status, WNOHANG) == child) {
      std::printf("%s: %s\n", name,
                  !WIFEXITED(status) ? "DIED" : WEXITSTATUS(status) == 3   ? "not allowed here"
                                            : WEXITSTATUS(status) == 0 ? "right"
                                                                       : "WRONG");
      std::fflush(stdout);
      return;
    }
    usleep(100000);
    demand now;
    now.add("/proc/" + std::to_string(child));
    ++(now.wants && now.used - used < 0.05 ? kept_tenths : ran_tenths);
    used = now.used;
  }
  kill(child, SIGKILL);
  std::printf("%s: %s, %d tenths of a second not kept from running, %d kept\n", name,
              ran_tenths < 250 ? "kept from running" : "HANGS", ran_tenths, kept_tenths);
  std::fflush(stdout);
}

int main() {
  expect("batch", SCHED_BATCH, 0, 4099);
  expect("idle", SCHED_IDLE, 0, 4100);
}
