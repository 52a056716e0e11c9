// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sandboxes that refuse one system call that the runtime uses, each in turn, as "not permitted" and as "not
// there": the program is tuned or runs its default config, and ends in time. (A sandbox that kills for such
// a call kills: docs/isolation.md.) With an argument the program takes every call of the system but those that it needs
// itself, 974 cases in two minutes:
//
//   TL_CACHE_DIR=/tmp/sandboxes test/host/Output/sandboxes.cpp.tmp all
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: %t 2> %t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// CHECK-NOT: {{WRONG|DIED|LATE}}
// CHECK: 54 of 54 right
// SAYS: runs its default config: {{.*}}no worker process: Operation not permitted (a sandbox of the program)

#include "Inputs/host.h"

#include <cerrno>
#include <csignal>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
  const char *name;
  long number;
} calls[] = {
    {"clone", SYS_clone},
    {"clone3", SYS_clone3},
    {"memfd_create", SYS_memfd_create},
    {"pidfd_open", SYS_pidfd_open},
    {"pidfd_send_signal", SYS_pidfd_send_signal},
    {"socketpair", SYS_socketpair},
    {"sendto", SYS_sendto},
    {"setpgid", SYS_setpgid},
    {"prctl", SYS_prctl},
    {"getrandom", SYS_getrandom},
    {"kill", SYS_kill},
    {"waitid", SYS_waitid},
    {"wait4", SYS_wait4},
    {"close_range", SYS_close_range},
    {"sigaltstack", SYS_sigaltstack},
    {"sched_getaffinity", SYS_sched_getaffinity},
    {"sched_getscheduler", SYS_sched_getscheduler},
    {"prlimit64", SYS_prlimit64},
    {"uname", SYS_uname},
    {"mremap", SYS_mremap},
    {"ftruncate", SYS_ftruncate},
    {"fcntl", SYS_fcntl},
    {"getdents64", SYS_getdents64},
    {"readlink", SYS_readlink},
    {"umask", SYS_umask},
    {"getcwd", SYS_getcwd},
    {"fdatasync", SYS_fdatasync},
};

static void refuse(long number, int error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{sizeof filter / sizeof *filter, filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    _exit(5);
}

/// Whether a call is right and comes back in time where the system call is refused.
static bool works_without(const char *name, long number, int error, int n) {
  const pid_t child = fork();
  if (child == 0) {
    refuse(number, error);
    _exit(!host::right(n));
  }
  // The runtime keeps signals back for a while, an alarm too.
  int status = 0, waited_ms = 0;
  for (; waitpid(child, &status, WNOHANG) == 0; waited_ms += 20) {
    usleep(20'000);
    if (waited_ms == 30'000)
      kill(child, SIGKILL);
  }
  if (waited_ms > 8000)
    std::printf("%s %ld refused with %d: LATE, after %d ms\n", name, number, error, waited_ms);
  if (status != 0)
    std::printf("%s %ld refused with %d: %s %d\n", name, number, error, WIFEXITED(status) ? "WRONG" : "DIED",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  return status == 0;
}

int main(int argc, char **) {
  int good = 0, all = 0;
  constexpr long last = 461;
  for (const int error : {EPERM, ENOSYS}) {
    for (const auto &call : calls)
      good += works_without(call.name, call.number, error, 4096 + all++);
    // glibc 2.36 itself crashes without brk(), in the next malloc().
    for (long number = 0; argc > 1 && number <= last; ++number)
      if (number != SYS_exit_group && number != SYS_brk)
        good += works_without("call", number, error, 4096 + all++);
  }
  std::printf("%d of %d right\n", good, all);
}
