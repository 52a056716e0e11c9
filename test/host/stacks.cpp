// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First calls from threads with the smallest stack that there can be, from a coroutine's stack, and from
// threads with large ones: a variant may use as much as the calling thread has.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout 60 %t | %filecheck %s
// RUN: (ulimit -s unlimited && timeout 60 %t deep) | FileCheck %s --check-prefix=UNLIMITED
// RUN: %trials | FileCheck %s --check-prefix=RECORD
// CHECK: 20 KiB: right
// CHECK-NEXT: 64 KiB: right
// CHECK-NEXT: 48 KiB, coroutine: right
// CHECK-NEXT: 96 MiB: right
// UNLIMITED: main thread: right
// RECORD-NOT: crashed

#include "Inputs/host.h"

#include <alloca.h>
#include <pthread.h>
#include <ucontext.h>

using namespace tl::keywords;

// Puts all of its data on the stack, as codes do that tell you to set "ulimit -s unlimited".
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 2, warmup = 1, timeout = 30)]]
void deep(int n, const float *x, float *y) {
  auto *own = static_cast<float *>(alloca(static_cast<std::size_t>(n) * sizeof(float)));
  for (int i = 0; i < n; ++i)
    own[i] = 2 * x[i];
  std::memcpy(y, own, static_cast<std::size_t>(n) * sizeof(float));
}

static bool good;

static void *shallow_call(void *n) {
  static float x[8192], y[8192];
  x[5] = 1;
  host::twice(*static_cast<int *>(n), x, y);
  good = y[5] == 2;
  return nullptr;
}

static bool deep_call(int n) {
  std::vector<float> x(static_cast<std::size_t>(n), 1), y(x.size());
  deep(n, x.data(), y.data());
  return y[9] == 2;
}

static bool on_thread(std::size_t bytes, void *(*work)(void *), int n) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  good = false;
  if (pthread_attr_setstacksize(&attributes, bytes) != 0 ||
      pthread_create(&thread, &attributes, work, &n) != 0)
    return false;
  pthread_join(thread, nullptr);
  return good;
}

static bool on_coroutine(std::size_t bytes) {
  static ucontext_t there, here;
  std::vector<char> stack(bytes);
  getcontext(&there);
  there.uc_stack.ss_sp = stack.data();
  there.uc_stack.ss_size = bytes;
  there.uc_link = &here;
  good = false;
  makecontext(&there, +[] {
    static int n = 4098;
    shallow_call(&n);
  }, 0);
  swapcontext(&here, &there);
  return good;
}

int main(int count, char **) {
  if (count > 1) {
    std::printf("main thread: %s\n", deep_call(16 << 20) ? "right" : "WRONG");
    return 0;
  }
  std::printf("20 KiB: %s\n", on_thread(20 << 10, shallow_call, 4096) ? "right" : "WRONG");
  std::printf("64 KiB: %s\n", on_thread(64 << 10, shallow_call, 4097) ? "right" : "WRONG");
  std::printf("48 KiB, coroutine: %s\n", on_coroutine(48 << 10) ? "right" : "WRONG");
  const auto large = +[](void *n) -> void * {
    good = deep_call(*static_cast<int *>(n));
    return nullptr;
  };
  std::printf("96 MiB: %s\n", on_thread(96 << 20, large, 16 << 20) ? "right" : "WRONG");
}
