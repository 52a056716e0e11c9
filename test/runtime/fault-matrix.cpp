// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every kind of misbehaviour that we could think of, each in one variant: it costs that variant its trial,
// the record says what happened, and the program ends with the right answer. The table below is what
// the database holds afterwards. Variant 0 is right and wins.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout 120 %t | %filecheck %s --check-prefix=OUT
// OUT: right
// RUN: %trials | tee %t.table | FileCheck %s
// RUN: cat %t.table
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: twice|n=64,x=64,y=64|kind=0|
//
// UNSUPPORTED: sanitizer
//
// CHECK-DAG: kind=0|measured|
// CHECK-DAG: kind=1|timed_out|killed after {{.*}} s
// CHECK-DAG: kind=2|crashed|signal 6 (abort)
// CHECK-DAG: kind=3|crashed|signal 11 (segmentation fault) at address 0x0
// CHECK-DAG: kind=4|wrong|2 of 64 elements of y differ, the first is y[3]: got 1000000, expected 6
// CHECK-DAG: kind=5|threw|threw std::runtime_error: too wide
// CHECK-DAG: kind=6|threw|threw int
// CHECK-DAG: kind=7|exited|called exit(3)
// CHECK-DAG: kind=8|exited|called _exit(0)
// CHECK-DAG: kind=9|crashed|signal 9 (killed)
// CHECK-DAG: kind=10|crashed|stopped its process (SIGSTOP)
// CHECK-DAG: kind=11|crashed|stack overflow, signal 11 (segmentation fault)
// CHECK-DAG: kind=12|out_of_memory|out of memory (std::bad_alloc)
// CHECK-DAG: kind=13|crashed|signal 6 (abort): free(): double free
// CHECK-DAG: kind=14|out_of_bounds|wrote outside of y: 1 element, the nearest is y[64]
// CHECK-DAG: kind=15|crashed|signal 11 (segmentation fault){{ at address 0x[0-9a-f]+|, at an address that cannot be one, or misaligned}}
// CHECK-DAG: kind=16|out_of_bounds|wrote outside of y: 1 element, the nearest is y[-1]
// CHECK-DAG: kind=17|wrong|wrote to x[7], which is only read: got 0, was 7
// CHECK-DAG: kind=18|crashed|closed the worker's descriptors
// CHECK-DAG: kind=19|wrong|left 1 child process behind
// CHECK-DAG: kind=20|wrong|{{.*}}y{{.*(keeps being written after the return|differ)}}
// CHECK-DAG: kind=21|crashed|signal 8 (arithmetic error), integer division by zero
// CHECK-DAG: kind=22|crashed|signal {{.*(illegal instruction|trap)}}
// CHECK-DAG: kind=23|wrong|left the rounding mode changed
// CHECK-DAG: kind=24|wrong|left the signal mask changed
// CHECK-DAG: kind=25|wrong|left the working directory changed
// CHECK-DAG: kind=26|wrong|1 of 64 elements of y differ, the first is y[5]: got nan, expected 10
// CHECK-DAG: kind=27|wrong|1 of 64 elements of y were never written, the first is y[63]
// CHECK-DAG: kind=28|inconsistent|run 2 of 2 on the same inputs differs at y[9]
// CHECK-DAG: kind=29|exited|ended its thread (pthread_exit)
// CHECK-DAG: kind=30|crashed|signal 6 (abort): terminate called {{.*}}elsewhere

#include <tl/autotune.h>

#include <cfenv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace tl::keywords;

struct fault_config {
  int kind = 0;
};

inline constexpr auto kinds = tl::space<fault_config>().axis(
    &fault_config::kind, {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                          16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30});

// Keeps the compiler from seeing through what is about to happen.
template <class T> T opaque(T value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

int overflow_stack(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return depth > opaque(1 << 30) ? 0 : overflow_stack(depth + 1) + frame[0];
}

template <fault_config C = fault_config{}>
TL_AUTOTUNE(configs = kinds, timeout = 1, check_repeat = 2)
void twice(int n, tl::in<float> x, tl::out<float> y) {
  const float last = y[n - 1];
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
  switch (C.kind) {
  case 1:
    for (volatile bool forever = true; forever;)
      ;
    break;
  case 2:
    std::abort();
  case 3:
    *opaque(static_cast<volatile float *>(nullptr)) = 1;
    break;
  case 4:
    y[3] = y[4] = 1e6F;
    break;
  case 5:
    throw std::runtime_error("too wide");
  case 6:
    throw 42;
  case 7:
    std::exit(3);
  case 8:
    ::_exit(0);
  case 9:
    ::raise(SIGKILL);
    break;
  case 10:
    ::raise(SIGSTOP);
    break;
  case 11:
    y[0] = static_cast<float>(overflow_stack(1));
    break;
  case 12:
    for (;;)
      std::memset(opaque(new char[std::size_t(256) << 20]), 1, 1);
  case 13: {
    void *block = opaque(std::malloc(100));
    std::free(block);
    std::free(opaque(block));
    break;
  }
  case 14:
    opaque(y.data())[n] = opaque(y.data())[n] == 1 ? 2 : 1; // whatever is there, it changes
    break;
  case 15:
    opaque(y.data())[std::ptrdiff_t(1) << 40] = 1;
    break;
  case 16:
    opaque(y.data())[-1] = 1;
    break;
  case 17:
    const_cast<float &>(x[7]) = 0;
    break;
  case 18:
    ::syscall(SYS_close_range, 0u, ~0u, 0u);
    break;
  case 19:
    if (::fork() == 0)
      for (;;)
        ::pause();
    break;
  case 20:
    std::thread([y, n] {
      for (volatile unsigned i = 0;; i = i + 1)
        y.data()[i % static_cast<unsigned>(n)] = static_cast<float>(i);
    }).detach();
    break;
  case 21:
    y[0] = static_cast<float>(opaque(1) / opaque(0));
    break;
  case 22:
    __builtin_trap();
  case 23:
    std::fesetround(FE_UPWARD);
    break;
  case 24: {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    break;
  }
  case 25:
    if (::chdir("/") != 0)
      std::abort();
    break;
  case 26:
    y[5] = std::nanf("");
    break;
  case 27:
    y[n - 1] = last;
    break;
  case 28: {
    static int calls = 0;
    y[9] += 1e-5F * static_cast<float>(++calls);
    break;
  }
  case 29:
    ::pthread_exit(nullptr);
  case 30:
    std::thread([] { throw std::runtime_error("elsewhere"); }).join();
    break;
  default:
    break;
  }
}

int main() {
  constexpr int n = 64;
  std::vector<float> x(n), y(n, -1.0F);
  for (int i = 0; i < n; ++i)
    x[static_cast<std::size_t>(i)] = static_cast<float>(i);
  twice(n, tl::in<float>(x), tl::out<float>(y));
  for (int i = 0; i < n; ++i)
    if (y[static_cast<std::size_t>(i)] != 2 * static_cast<float>(i) || x[static_cast<std::size_t>(i)] != static_cast<float>(i))
      return 1;
  std::puts("right");
}
