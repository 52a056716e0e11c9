// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program forks, at any moment, while other threads are in their first calls: the child may make
// first calls of its own. Also while two threads do nothing but fork, directly and by posix_spawn.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout 200 %t | %filecheck %s
// CHECK: moments: all children right
// CHECK-NEXT: storm: all children right

#include "Inputs/host.h"

#include <atomic>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char **environ;

/// Whether the child was right within its time.
static bool child_is_right(int n) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    _exit(!host::right(n));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0;
}

static int moments() {
  int bad = 0, n = 4096;
  for (const int us : {0, 50, 100, 200, 400, 800, 1600, 3200, 12800, 51200}) {
    std::thread first([n] { host::right(n); });
    usleep(static_cast<useconds_t>(us));
    bad += !child_is_right(n + 1);
    first.join();
    n += 2;
  }
  return bad;
}

static int storm() {
  std::atomic<bool> stop{false};
  std::atomic<int> bad{0}, forks{0};
  std::thread forking([&] {
    while (!stop) {
      const int number = forks++;
      if (number % 16 == 0) {
        bad += !child_is_right(5000 + number % 3);
        continue;
      }
      const pid_t child = fork();
      if (child == 0)
        _exit(0);
      waitpid(child, nullptr, 0);
    }
  });
  std::thread spawning([&] {
    const char *arguments[] = {"true", nullptr};
    while (!stop)
      if (pid_t child = 0;
          posix_spawnp(&child, "true", nullptr, nullptr, const_cast<char **>(arguments), environ) == 0)
        waitpid(child, nullptr, 0);
  });
  for (int n = 6000; n < 6006; ++n)
    bad += !host::right(n);
  stop = true;
  forking.join();
  spawning.join();
  return bad;
}

int main() {
  const int in_moments = moments();
  std::printf("moments: %s\n", in_moments == 0 ? "all children right" : "BAD");
  const int in_storm = storm();
  std::printf("storm: %s\n", in_storm == 0 ? "all children right" : "BAD");
  return in_moments + in_storm;
}
