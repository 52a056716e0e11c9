// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A signal handler jumps out of a first call, as interpreters and solvers do to limit time. The thread's
// next call, of another problem or the same, ends what that one left behind (worker, lock, session, files)
// and gets on. In between handlers run as ever.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: for us in 1000 20000 100000 300000; do env TL_CACHE_DIR=%t.cache/$us timeout 8 %t $us || exit 1; done | FileCheck %s
// CHECK-COUNT-4: right after a jump, no worker left, ticks came in
// CHECK-NOT: {{.}}

#include "Inputs/host.h"

#include <csetjmp>
#include <csignal>
#include <fcntl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tl::keywords;

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1)]]
void slow(int n, const float *x, float *y) {
  usleep(20000);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

/// Its frames are where those of the call that is left were.
[[gnu::noinline]] static void from_below(int n, const float *x, float *y) {
  volatile char room[1500];
  room[0] = 0;
  slow(n, x, y);
  room[1] = room[0];
}

static sigjmp_buf back;
static volatile sig_atomic_t ticks = 0;

static int count_descriptors() {
  int count = 0;
  for (int i = 0; i < 1000; ++i)
    count += fcntl(i, F_GETFD) >= 0;
  return count;
}

int main(int, char **arguments) {
  std::vector<float> x(4096, 1), y(4096);
  const int before = count_descriptors();
  std::signal(SIGALRM, [](int) { siglongjmp(back, 1); });
  bool jumped = false;
  if (sigsetjmp(back, 1) == 0) {
    ualarm(static_cast<useconds_t>(std::atoi(arguments[1])), 0);
    slow(4096, x.data(), y.data());
  } else {
    jumped = true;
  }
  std::signal(SIGALRM, [](int) { ticks = ticks + 1; });
  const itimerval often{{0, 5000}, {0, 5000}};
  setitimer(ITIMER_REAL, &often, nullptr);
  const host::stopwatch watch;
  from_below(4000, x.data(), y.data());
  slow(4096, x.data(), y.data());
  const int descriptors = count_descriptors();
  const bool child = waitpid(-1, nullptr, WNOHANG) >= 0;
  const bool good = jumped && y[7] == 2 && watch.seconds() < 20 && !child && ticks > 3 && descriptors == before;
  if (!good)
    std::printf("WRONG: jumped %d, y %g, %.1f s, child %d, ticks %d, descriptors %d, before %d\n", jumped, double(y[7]),
                watch.seconds(), child, int(ticks), descriptors, before);
  else
    std::puts("right after a jump, no worker left, ticks came in");
  return !good;
}
