// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A first call is left for good, by a jump out of a signal handler, a context or the end of its thread, while
// it waits or inside of the program's own code, and the thread that left makes no other: other threads and
// other processes that need the same device go on, no worker runs on, and a thread that has jumped can be
// cancelled.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout 250 %t | %filecheck %s
// CHECK: a jump while it waits: another thread right, a child right, 0 workers, ends
// CHECK-NEXT: a jump out of eligible: another thread right, a child right, 0 workers, ends
// CHECK-NEXT: a jump out of a variant in the program: another thread right, a child right, 0 workers, ends
// CHECK-NEXT: a context: another thread right, a child right, 0 workers, ends
// CHECK-NEXT: the end of its thread: another thread right, a child right, 0 workers, ends
// CHECK-NEXT: the end of its thread, in eligible: another thread right, a child right, 0 workers, ends
// CHECK-NEXT: the last one, to its end: right

#include "Inputs/host.h"

#include <atomic>
#include <csetjmp>
#include <csignal>
#include <pthread.h>
#include <sys/wait.h>
#include <thread>
#include <ucontext.h>
#include <unistd.h>

using namespace tl::keywords;

static std::atomic<bool> inside{false};
static std::atomic<bool> slow_eligible{false};

static void stay_inside() {
  inside = true;
  while (inside)
    usleep(1000);
}

/// No variant of it ends before the call is left.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 200)]]
void hangs(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = C.step + x[i];
  for (volatile bool forever = true; forever;)
    ;
}

static bool says_so(host::config, int, const float *, float *) {
  if (slow_eligible)
    stay_inside();
  return true;
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, eligible = says_so, rep = 3, warmup = 1)]]
void asks(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, isolation = tl::isolation::none, rep = 3, warmup = 1)]]
void in_program(int n, tl::in<float> x, tl::out<float> y) {
  if (C.step == 4)
    stay_inside();
  for (int i = 0; i < n; ++i)
    y.data()[i] = 2 * x.data()[i];
}

static std::vector<float> data_x(4096, 1), data_y(4096);
static std::atomic<int> number{5000};

static void call_hangs() { hangs(4096, data_x.data(), data_y.data()); }
static void call_asks() { asks(4096, data_x.data(), data_y.data()); }
static void call_in_program() { in_program(4096, data_x, data_y); }

static int workers() {
  int found = 0;
  std::FILE *list = popen("ps -o comm= --ppid $PPID", "r");
  for (char text[64]; std::fgets(text, sizeof text, list);)
    found += std::strncmp(text, "tl-worker", 9) == 0 && !std::strstr(text, "<defunct>");
  pclose(list);
  return found;
}

static thread_local sigjmp_buf back;
static thread_local ucontext_t back_by_context;

struct leaving {
  void (*call)();
  int signal; ///< 0: the thread ends by itself
  std::atomic<bool> left{false};
};

static void *leave(void *how) {
  auto &it = *static_cast<leaving *>(how);
  volatile bool again = false;
  if (it.signal == SIGUSR1) {
    if (sigsetjmp(back, 1) == 0)
      it.call();
  } else if (it.signal == SIGUSR2) {
    getcontext(&back_by_context);
    if (!again) {
      again = true;
      it.call();
    }
  } else {
    it.call();
  }
  it.left = true;
  for (;;)
    pause(); // makes no other tuned call, and can be cancelled
}

static bool child_right() {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    const host::stopwatch watch;
    _exit(!(host::right(++number + 1000) && watch.seconds() < 40));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0;
}

static void expect(const char *name, void (*call)(), int signal) {
  static std::vector<leaving *> all; // a context may come back to them
  leaving &how = *all.emplace_back(new leaving{call, signal});
  inside = false;
  slow_eligible = call == call_asks;
  pthread_t thread;
  pthread_create(&thread, nullptr, leave, &how);
  if (call == call_hangs)
    while (workers() == 0)
      usleep(10000);
  else
    while (!inside)
      usleep(1000);
  pthread_kill(thread, signal);
  if (signal == SIGUSR1 || signal == SIGUSR2)
    while (!how.left)
      usleep(1000);
  else
    pthread_join(thread, nullptr);
  inside = false;
  slow_eligible = false;
  // Of a jump nobody of this process has to notice before others get on.
  const bool told = signal != SIGUSR2;
  bool child = told && child_right(), good = false;
  const host::stopwatch watch;
  std::thread([&] { good = host::right(++number); }).join();
  good = good && watch.seconds() < 40;
  child = told ? child : child_right();
  const int left = workers();
  if (signal == SIGUSR1) { // who leaves by a context finds no cancellation
    pthread_cancel(thread);
    pthread_join(thread, nullptr);
  }
  std::printf("%s: another thread %s, a child %s, %d workers, ends\n", name, good ? "right" : "WRONG",
              child ? "right" : "WRONG", left);
  std::fflush(stdout);
}

int main() {
  std::signal(SIGUSR1, [](int) { siglongjmp(back, 1); });
  std::signal(SIGUSR2, [](int) { setcontext(&back_by_context); });
  std::signal(SIGALRM, [](int) { pthread_exit(nullptr); });
  expect("a jump while it waits", call_hangs, SIGUSR1);
  expect("a jump out of eligible", call_asks, SIGUSR1);
  expect("a jump out of a variant in the program", call_in_program, SIGUSR1);
  expect("a context", call_hangs, SIGUSR2);
  expect("the end of its thread", call_hangs, SIGALRM);
  expect("the end of its thread, in eligible", call_asks, SIGALRM);
  std::printf("the last one, to its end: %s\n", host::right(4096) ? "right" : "WRONG");
}
