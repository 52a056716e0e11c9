// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a program has and a trial has not: its handler of faults, its open files, its variables of the thread, memory that system calls may
// write to while it is watched. The function runs its default config, right, and the message has what went
// wrong in the trial. What trials do outside of memory is done: a file that they write to is written.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: cd %t.cache && %t 2> %t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// CHECK: pages on demand: right
// CHECK-NEXT: an open file: right
// CHECK-NEXT: a system call: right
// CHECK-NEXT: a variable of the thread: right
// CHECK-NEXT: a file of its own: right, and written by trials
// SAYS: on_demand(n=4096) runs its default config: nothing to check the variants against: the default config: signal 11 (segmentation fault) at address 0x
// SAYS: from_file(n=4096) runs its default config: nothing to check the variants against: the default config: threw std::system_error: Bad file descriptor
// SAYS: by_system(n=1048576) runs its default config: nothing to check the variants against: the default config: threw std::system_error: Bad address

#include "Inputs/host.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

using namespace tl::keywords;

static constexpr std::size_t bytes = 1 << 22;
static char *lazy;
static int data_file, random_file;

static void on_fault(int, siginfo_t *info, void *) {
  char *page = reinterpret_cast<char *>(reinterpret_cast<std::uintptr_t>(info->si_addr) & ~std::uintptr_t(4095));
  if (page < lazy || page >= lazy + bytes)
    _exit(42);
  mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5)]]
void on_demand(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static void require(bool good) {
  if (!good)
    throw std::system_error(errno, std::generic_category());
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5)]]
void from_file(int n, float *y) {
  const auto size = static_cast<std::size_t>(n) * sizeof(float);
  require(pread(data_file, y, size, 0) == static_cast<ssize_t>(size));
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5)]]
void by_system(int n, float *y) {
  const int zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
  const auto size = static_cast<std::size_t>(n) * sizeof(float);
  const bool good = read(zeros, y, size) == static_cast<ssize_t>(size);
  const int error = errno;
  close(zeros);
  errno = error;
  require(good);
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 3, warmup = 0)]]
void keeps_a_log(int n, const float *x, float *y) {
  const int log = open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  require(write(log, ".", 1) == 1);
  close(log);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static thread_local float scale = 1;

// In trials `scale` is what a new thread has: all variants see the same, and the program's call its own.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 3, warmup = 0)]]
void scaled(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = scale * x[i];
}

static void say(const char *what, bool good) { std::printf("%s: %s\n", what, good ? "right" : "WRONG"); }

int main() {
  std::vector<float> x(4096, 3), y(1 << 20, -1);
  void *memory = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  lazy = static_cast<char *>(memory);
  struct sigaction action{};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, nullptr);
  on_demand(4096, x.data(), reinterpret_cast<float *>(lazy));
  say("pages on demand", reinterpret_cast<float *>(lazy)[9] == 6);

  data_file = open("data.bin", O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (write(data_file, x.data(), 4096 * sizeof(float)) != 4096 * sizeof(float))
    return 3;
  from_file(4096, y.data());
  say("an open file", y[9] == 3);

  by_system(1 << 20, y.data());
  say("a system call", y[9] == 0);

  scale = 5;
  scaled(4096, x.data(), y.data());
  say("a variable of the thread", y[9] == 15);
  keeps_a_log(4096, x.data(), y.data());
  struct stat about{};
  stat("log", &about);
  std::printf("a file of its own: %s, %s\n", y[9] == 6 ? "right" : "WRONG",
              about.st_size > 1 ? "and written by trials" : "untouched");
}
