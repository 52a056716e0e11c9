// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A first call leaves the thread as it was: errno, rounding, traps, flushing of denormals, floating-point
// flags, signal mask, alternate stack, cancellation, open descriptors. Trials run with the caller's control;
// the runtime itself with none of it (traps would end the program).
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread -lm
// RUN: timeout 60 %t | %filecheck %s
// CHECK: upward, flushing: as before
// CHECK-NEXT: traps: as before
// CHECK-NEXT: trials see the caller's control

#include "Inputs/host.h"

#include <cerrno>
#include <cfenv>
#include <csignal>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace tl::keywords;

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1)]]
void rounds(int n, int *y) {
  for (int i = 0; i < n; ++i)
    y[i] = fegetround();
}

static unsigned control() {
#if defined(__x86_64__)
  return _mm_getcsr();
#else
  return 0;
#endif
}

static int files() {
  int count = 0;
  for (int file = 0; file < 256; ++file)
    count += fcntl(file, F_GETFD) >= 0;
  return count;
}

template <class Call> static void expect(const char *name, Call &&call) {
  sigset_t mask, mask_after;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  static char memory[64 << 10];
  stack_t stack{}, stack_after{};
  stack.ss_sp = memory;
  stack.ss_size = sizeof memory;
  sigaltstack(&stack, nullptr);
  int state = 0;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  const int round = fegetround(), traps = fegetexcept(), open_before = files();
  feraiseexcept(traps ? FE_INEXACT : FE_OVERFLOW);
  const unsigned before = control();
  const int flags = fetestexcept(FE_ALL_EXCEPT);
  errno = 77;
  call();
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask_after);
  sigaltstack(nullptr, &stack_after);
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
  bool same = error == 77 && fegetround() == round && fegetexcept() == traps && files() == open_before &&
              fetestexcept(FE_ALL_EXCEPT) == flags && control() == before && stack_after.ss_sp == memory &&
              state == PTHREAD_CANCEL_DISABLE;
  for (int signal = 1; signal < NSIG; ++signal)
    same = same && sigismember(&mask, signal) == sigismember(&mask_after, signal);
  std::printf("%s: %s\n", name, same ? "as before" : "CHANGED");
  std::fflush(stdout);
}

int main() {
  std::vector<float> x(4096, 1), y(4096);
  fesetround(FE_UPWARD);
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
  expect("upward, flushing", [&] { host::twice(4096, x.data(), y.data()); });
  int round[16] = {};
  rounds(16, round);
  fesetenv(FE_DFL_ENV);
  feenableexcept(FE_DIVBYZERO | FE_INVALID);
  expect("traps", [&] { host::twice(4097 - 1024, x.data(), y.data()); });
  fedisableexcept(FE_ALL_EXCEPT);
  std::puts(round[3] == FE_UPWARD && y[8] == 2 ? "trials see the caller's control" : "WRONG");
}
