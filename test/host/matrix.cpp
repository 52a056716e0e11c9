// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Allocators, kinds of memory, sandboxes and ways of being scheduled, each with each: every program is tuned,
// or runs its default config and says the cause that this table expects; none is wrong, dies or waits.
//
// REQUIRES: allocators
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: rm -rf %t.c %t.lines && for with in none %libjemalloc %libtcmalloc_minimal %libtbbmalloc_proxy %libmimalloc; do \
// RUN:   mkdir -p %t.c/$with && \
// RUN:   (cd %t.c/$with && env TL_CACHE_DIR=%t.c/$with LD_PRELOAD=`test $with = none || echo $with` timeout 120 %t) >> %t.lines || exit 1; \
// RUN: done
// RUN: FileCheck %s < %t.lines
// CHECK-NOT: {{WRONG|DIED|UNEXPECTED}}
// CHECK: 135 hosts, 72 tuned, 63 with the default config
// CHECK-COUNT-4: 135 hosts, {{6[3-9]|7[0-2]}} tuned

#include "Inputs/host.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

static constexpr int n = 4096;
static constexpr std::size_t bytes = n * sizeof(float);
static int problem; // another one for each host

// --- Kinds of memory -----------------------------------------------------------------------------

static bool doubled(float *x, float *y) {
  for (int i = 0; i < n; ++i)
    x[i] = static_cast<float>(i % 1000 + 1);
  return host::doubles(problem, x, y);
}

static float *map(int flags, int file = -1) {
  void *memory = mmap(nullptr, 4 * bytes, PROT_READ | PROT_WRITE, flags, file, 0);
  if (memory == MAP_FAILED)
    _exit(3);
  return static_cast<float *>(memory);
}

static float *map_file(int flags) {
  const int file = open(("data" + std::to_string(getpid())).c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (ftruncate(file, 4 * bytes) != 0)
    _exit(3);
  return map(flags, file);
}

static float fixed_x[n], fixed_y[n];
static std::vector<float> loaded_x, loaded_y;
static float *mapped_y;

static bool on_heap() {
  std::vector<float> x(n), y(n);
  return doubled(x.data(), y.data());
}
static bool on_stack() {
  float x[n], y[n];
  return doubled(x, y);
}
static bool in_static() { return doubled(fixed_x, fixed_y); }
static bool in_loaded() { return doubled(loaded_x.data(), loaded_y.data()); }
static bool in_mapped() { return doubled(fixed_x, mapped_y); }

/// What the sandbox of the call does not allow any more is made before it.
static const struct {
  const char *name;
  void (*prepare)();
  bool (*call)();
  const char *cause;         ///< of the default config, "" where it is tuned
  const char *foreign = ""; ///< a cause that there may be with another allocator than glibc's
} memories[] = {
    {"heap", [] {}, on_heap, ""},
    {"stack", [] {}, on_stack, ""},
    {"static", [] {}, in_static, ""},
    {"heap of another thread",
     [] {
       std::thread([] {
         loaded_x.resize(n);
         loaded_y.resize(n);
       }).join();
     },
     in_loaded, ""},
    {"mapped", [] { mapped_y = map(MAP_PRIVATE | MAP_ANONYMOUS); }, in_mapped, "", "no beginning of a block"},
    {"file", [] { mapped_y = map_file(MAP_PRIVATE); }, in_mapped, ""},
    {"shared file", [] { mapped_y = map_file(MAP_SHARED); }, in_mapped, ""},
    {"shared", [] { mapped_y = map(MAP_SHARED | MAP_ANONYMOUS); }, in_mapped, ""},
    {"not in a fork",
     [] {
       mapped_y = map(MAP_PRIVATE | MAP_ANONYMOUS);
       madvise(mapped_y, 4 * bytes, MADV_DONTFORK);
     },
     in_mapped, "MADV_DONTFORK"},
};

// --- Sandboxes -----------------------------------------------------------------------------------

static void refuse(std::initializer_list<long> calls, unsigned error) {
  std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const long call : calls) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    _exit(4);
}

/// No file may be opened in these ways.
static void landlock(std::uint64_t access) {
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = access;
  const long file = syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0);
  if (file < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
    return; // a kernel without it: then this host is the one without a sandbox
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (file < 0 || syscall(SYS_landlock_restrict_self, file, 0) != 0)
    _exit(4);
  close(static_cast<int>(file));
}

static const struct {
  const char *name;
  void (*enter)();
  const char *cause;
} sandboxes[] = {
    {"none", [] {}, ""},
    {"an old kernel",
     [] { refuse({SYS_memfd_create, SYS_pidfd_open, SYS_close_range, SYS_clone3}, ENOSYS); }, ""},
    {"no processes", [] { refuse({SYS_clone, SYS_fork, SYS_vfork}, EPERM); }, "a sandbox of the program"},
    {"no writing",
     [] {
       landlock(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
                LANDLOCK_ACCESS_FS_REMOVE_FILE);
     },
     ""},
    {"no sockets", [] { refuse({SYS_socketpair, SYS_socket}, EACCES); }, "no socket for a worker"},
};

// --- Scheduling ----------------------------------------------------------------------------------

static const struct {
  const char *name;
  void (*enter)();
} schedules[] = {
    {"ordinary", [] {}},
    {"batch",
     [] {
       const sched_param none{};
       sched_setscheduler(0, SCHED_BATCH, &none);
     }},
    {"one processor",
     [] {
       cpu_set_t one;
       CPU_ZERO(&one);
       CPU_SET(0, &one);
       sched_setaffinity(0, sizeof one, &one);
     }},
};

// --- One host ------------------------------------------------------------------------------------

/// Everything that it says until it ends, or nothing for a minute.
static std::string read_all(int file) {
  std::string text;
  char chunk[4096];
  pollfd waiting{file, POLLIN, 0};
  while (poll(&waiting, 1, 60000) > 0) {
    const ssize_t got = read(file, chunk, sizeof chunk);
    if (got <= 0)
      break;
    text.append(chunk, static_cast<std::size_t>(got));
  }
  return text;
}

template <class Memory, class Sandbox, class Schedule>
static bool run(const Memory &memory, const Sandbox &sandbox, const Schedule &schedule) {
  int ends[2];
  if (pipe(ends) != 0)
    return false;
  ++problem;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    alarm(50);
    memory.prepare();
    schedule.enter();
    sandbox.enter();
    _exit(!memory.call());
  }
  close(ends[1]);
  const std::string said = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  const char *cause = *sandbox.cause ? sandbox.cause : memory.cause;
  const bool tuned = said.find("runs its default config") == std::string::npos;
  bool expected = *cause ? !tuned && said.find(cause) != std::string::npos : tuned;
  if (const char *allocator = std::getenv("LD_PRELOAD"); allocator && *allocator && *memory.foreign)
    expected = expected || said.find(memory.foreign) != std::string::npos;
  if (status != 0 || !expected)
    std::printf("%s, %s, %s: %s %d, %s\n%s\n", memory.name, sandbox.name, schedule.name,
                WIFSIGNALED(status)    ? "DIED"
                : status != 0 ? "WRONG"
                                       : "UNEXPECTED",
                status, tuned ? "tuned" : "not tuned", said.c_str());
  return tuned;
}

int main() {
  int all = 0, tuned = 0;
  problem = n / 2;
  for (const auto &memory : memories)
    for (const auto &sandbox : sandboxes)
      for (const auto &schedule : schedules) {
        tuned += run(memory, sandbox, schedule);
        ++all;
      }
  std::printf("%d hosts, %d tuned, %d with the default config\n", all, tuned, all - tuned);
}
