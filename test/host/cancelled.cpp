// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread that is cancelled in its first call ends afterwards, at its own next cancellation point; the
// next call finds nothing locked.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: for us in 0 300 3000 30000 150000 400000; do env TL_CACHE_DIR=%t.cache/$us timeout 60 %t $us || exit 1; done | FileCheck %s
// CHECK-COUNT-6: cancelled, then right
// CHECK-NOT: {{.}}

#include "Inputs/host.h"

#include <pthread.h>
#include <unistd.h>

using namespace tl::keywords;

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1)]]
void slow(int n, const float *x, float *y) {
  usleep(5000);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static void *call(void *) {
  std::vector<float> x(4096), y(4096);
  slow(4096, x.data(), y.data());
  for (;;)
    pause();
}

int main(int, char **arguments) {
  pthread_t thread;
  pthread_create(&thread, nullptr, call, nullptr);
  usleep(static_cast<useconds_t>(std::atoi(arguments[1])));
  pthread_cancel(thread);
  void *result = nullptr;
  pthread_join(thread, &result);
  std::vector<float> x(4096, 1), y(4096);
  const host::stopwatch watch;
  slow(4096, x.data(), y.data());
  const bool good = result == PTHREAD_CANCELED && y[9] == 2 && watch.seconds() < 20;
  std::puts(good ? "cancelled, then right" : "WRONG");
  return !good;
}
