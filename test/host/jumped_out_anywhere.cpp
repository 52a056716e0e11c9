// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A signal handler jumps out of a first call at each place where that waits, one after the other: while a
// worker starts, answers, dies, is killed. The thread's next call gives back what the call held: no process
// and no descriptor is left.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout 250 %t > %t.out
// RUN: FileCheck %s < %t.out
// CHECK-NOT: LEFT
// CHECK: jumped at {{[1-9][0-9]+}} places, nothing left

#include "Inputs/host.h"

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <set>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tl::keywords;

/// A right one, and some that end their worker, each in another way.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 0.2, rep = 2, warmup = 0)]]
void varied(int n, const float *x, float *y) {
  if (C.step == 2)
    std::abort();
  for (volatile bool forever = C.step == 4; forever;)
    ;
  if (C.step == 8)
    std::exit(1);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

/// Enters the runtime, and tries nothing.
template <host::config C = host::config{}>
[[tl::autotune({.step = 1})]]
void untried(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

using place = std::vector<void *>;

static bool watching = false;
static std::set<place> seen;
static place last;
static sigjmp_buf back;

static place here() {
  place frames(64);
  frames.resize(static_cast<std::size_t>(backtrace(frames.data(), 64)));
  return frames;
}

/// Instead of the C library's: at a new place the signal comes in while the runtime waits.
extern "C" int ppoll(pollfd *files, nfds_t count, const timespec *limit, const sigset_t *mask) {
  timespec left{};
  if (limit)
    left = *limit;
  if (watching && mask && seen.insert(last = here()).second) {
    watching = false;
    raise(SIGUSR1); // blocked until then
  }
  return static_cast<int>(syscall(SYS_ppoll, files, count, limit ? &left : nullptr, mask, sizeof(long)));
}

static int descriptors() {
  int count = 0;
  for (int i = 0; i < 1000; ++i)
    count += fcntl(i, F_GETFD) >= 0;
  return count;
}

/// Whether the call was jumped out of.
static bool jumps(int n, const float *x, float *y) {
  if (sigsetjmp(back, 1) != 0)
    return true;
  watching = true;
  varied(n, x, y);
  watching = false;
  return false;
}

int main() {
  std::vector<float> x(4096, 1), y(4096);
  std::signal(SIGUSR1, [](int) { siglongjmp(back, 1); });
  here(); // loads what it needs
  untried(1000, x.data(), y.data());
  const int before = descriptors();
  int places = 0;
  for (int n = 1001; jumps(n, x.data(), y.data()); ++n) {
    ++places;
    untried(n, x.data(), y.data());
    const bool child = waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
    const int after = descriptors();
    if (!child && after == before)
      continue;
    std::printf("LEFT: a child %d, descriptors %d, before %d\n", child, after, before);
    std::fflush(stdout);
    backtrace_symbols_fd(last.data(), static_cast<int>(last.size()), STDOUT_FILENO);
    return 1;
  }
  std::printf("jumped at %d places, %s\n", places, y[7] == 2 ? "nothing left" : "WRONG");
}
