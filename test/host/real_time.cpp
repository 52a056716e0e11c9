// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs of the real-time classes: a worker has their class and one priority less, or the ordinary class
// where there is none, so that its supervisor comes first. (With a variant that never ends:
// real_time_endless.cpp.)
//
// REQUIRES: real-time
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: cd %t.cache && timeout -s KILL 200 %t | %filecheck %s
// CHECK: fifo, 10: right, trials of class 1 and priority 9
// CHECK-NEXT: round robin, 20: right, trials of class 2 and priority 19
// CHECK-NEXT: fifo, 1: right, trials of class 0 and priority 0
// CHECK-NEXT: fifo, 5, not for children: right, trials of class 0 and priority 0

#include "Inputs/host.h"

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace tl::keywords;

/// What trials say, since they leave nothing else behind.
static const char said[] = "classes";

static void say_class() {
  sched_param parameter{};
  sched_getparam(0, &parameter);
  char text[64];
  const int size = std::snprintf(text, sizeof text, "class %d and priority %d\n", sched_getscheduler(0),
                                 parameter.sched_priority);
  const int file = open(said, O_WRONLY | O_APPEND);
  if (write(file, text, static_cast<std::size_t>(size)) != size)
    std::abort();
  close(file);
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 3, warmup = 1)]]
void says(int n, const float *x, float *y) {
  if (C.step == 2)
    say_class();
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static int run(int policy, int priority, int n) {
  sched_param parameter{};
  parameter.sched_priority = priority;
  if (sched_setscheduler(0, policy, &parameter) != 0)
    return 3;
  std::vector<float> x(static_cast<std::size_t>(n), 1), y(x.size());
  says(n, x.data(), y.data());
  return y[7] != 2;
}

/// What all trials have said, if they have said the same.
static std::string one_line() {
  std::FILE *file = std::fopen(said, "r");
  std::string first;
  for (char line[64]; file && std::fgets(line, sizeof line, file);) {
    if (!first.empty() && first != line)
      first = "different things: " + first.substr(0, first.size() - 1) + ", " + line;
    else
      first = line;
  }
  std::fclose(file);
  return first;
}

static void expect(const char *name, int policy, int priority, int n) {
  close(open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  const pid_t child = fork();
  if (child == 0)
    _exit(run(policy, priority, n));
  int status = 0;
  for (int tenths = 0; waitpid(child, &status, WNOHANG) != child; ++tenths) {
    if (tenths == 400) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    usleep(100000);
  }
  std::printf("%s: %s, trials of %s", name,
              !WIFEXITED(status)           ? "DIED"
              : WEXITSTATUS(status) == 3   ? "NOT ALLOWED"
              : WEXITSTATUS(status) == 0   ? "right"
                                           : "WRONG",
              one_line().c_str());
  std::fflush(stdout);
}

int main() {
  expect("fifo, 10", SCHED_FIFO, 10, 4099);
  expect("round robin, 20", SCHED_RR, 20, 4100);
  expect("fifo, 1", SCHED_FIFO, 1, 4101);
  expect("fifo, 5, not for children", SCHED_FIFO | SCHED_RESET_ON_FORK, 5, 4102);
}
