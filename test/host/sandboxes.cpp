// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sandboxes that refuse one system call that the runtime uses, each in turn, as "not permitted" and as "not
// there": the program is tuned or runs its default config, and ends in time. (A sandbox that kills for such
// a call kills: docs/isolation.md.)
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: %t 2> %t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// CHECK-NOT: {{WRONG|DIED}}
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

int main() {
  int good = 0, all = 0;
  for (const auto &call : calls)
    for (const int error : {EPERM, ENOSYS}) {
      const int n = 4096 + all++;
      const pid_t child = fork();
      if (child == 0) {
        refuse(call.number, error);
        _exit(!host::right(n));
      }
      // The runtime keeps signals back for a while, an alarm too.
      int status = 0, tenths = 0;
      while (waitpid(child, &status, WNOHANG) == 0) {
        usleep(100'000);
        if (++tenths == 300)
          kill(child, SIGKILL);
      }
      if (status == 0)
        ++good;
      else
        std::printf("%s refused with %d: %s %d\n", call.name, error, WIFEXITED(status) ? "WRONG" : "DIED",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    }
  std::printf("%d of %d right\n", good, all);
}
