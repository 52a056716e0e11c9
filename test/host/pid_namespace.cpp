// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program that has called unshare(CLONE_NEWPID). Its first child becomes the first process of the new
// namespace, and nothing can be forked once that has ended: no worker takes this place. After it has one,
// workers are born in the namespace.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout 60 %t > %t.out 2> %t.err || { grep "no namespaces here" %t.out && exit 0; }
// RUN: grep "no namespaces here" %t.out || FileCheck %s < %t.out
// RUN: grep "no namespaces here" %t.out || FileCheck %s --check-prefix=SAYS < %t.err
// CHECK: before: right, still forks
// CHECK-NEXT: after: right, still forks
// SAYS: twice(n=4096{{.*}} runs its default config: no trials are possible: the program has called unshare(CLONE_NEWPID) and not forked since
// SAYS-NOT: n=4097

#include "Inputs/host.h"

#include <csignal>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t sleeper() {
  const pid_t child = fork();
  if (child == 0)
    for (;;)
      pause();
  return child;
}

int main() {
  if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
    std::puts("no namespaces here");
    return 1;
  }
  const bool before = host::right(4096);
  const pid_t first = sleeper();
  std::printf("before: %s, %s\n", before ? "right" : "WRONG", first > 0 ? "still forks" : "CANNOT FORK");
  const bool after = host::right(4097);
  const pid_t second = sleeper();
  std::printf("after: %s, %s\n", after ? "right" : "WRONG", second > 0 ? "still forks" : "CANNOT FORK");
  if (second > 0)
    kill(second, SIGKILL);
  kill(first, SIGKILL);
}
