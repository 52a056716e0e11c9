// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs with limits on the size of files, on processes, descriptors, memory and processor time, and
// without memory files: they are tuned, or run the default config with a message; none dies or waits.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: chmod 777 %t.cache && timeout 200 %t > %t.out 2> %t.err
// RUN: FileCheck %s < %t.out
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// CHECK: no files: right
// CHECK-NEXT: files of 4 KiB: right
// CHECK-NEXT: no processes: right
// CHECK-NEXT: 6 descriptors: right
// CHECK-NEXT: no more memory: right
// CHECK-NEXT: 2 s of processor time: right
// SAYS-DAG: n=4098){{.*}} runs its default config: {{.*}}no worker process: Resource temporarily unavailable (a limit on processes, ulimit -u or pids.max, or SCHED_DEADLINE)
// SAYS-DAG: n=4099){{.*}} runs its default config: {{.*}}Too many open files

#include "Inputs/host.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void limit(int what, rlim_t to) {
  const rlimit both{to, to};
  setrlimit(static_cast<__rlimit_resource>(what), &both);
}

template <class Set> static void expect(const char *name, int n, Set &&set) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(40);
    set();
    _exit(!host::right(n));
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("%s: %s\n", name,
              WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : status == 0 ? "right" : "WRONG");
  std::fflush(stdout);
}

int main() {
  expect("no files", 4096, [] { limit(RLIMIT_FSIZE, 0); });
  expect("files of 4 KiB", 4097, [] { limit(RLIMIT_FSIZE, 4096); });
  expect("no processes", 4098, [] {
    limit(RLIMIT_NPROC, 0);
    // Root may always have one more.
    if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
      _exit(3);
  });
  expect("6 descriptors", 4099, [] { limit(RLIMIT_NOFILE, 6); });
  expect("no more memory", 4100, [] { limit(RLIMIT_AS, 64 << 20); });
  expect("2 s of processor time", 4101, [] { limit(RLIMIT_CPU, 2); });
}
