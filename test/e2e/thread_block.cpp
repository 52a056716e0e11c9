// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A buffer that lies beside the calling thread's own block (thread-local variables, and where the kernel notes the
// CPU that the thread runs on, at any time). The guard zone of the buffer ends there: a write-protected block of that
// kind kills the worker whenever libc or the kernel writes to it. Several times, since that is a matter of moments.

// RUN: %clangxx -O1 %plugin %s -o %t %runtime -pthread
// RUN: for i in 1 2 3 4 5 6 7 8; do env TL_CACHE_DIR=%t.$i %t; done 2>&1 | FileCheck %s --implicit-check-not warning
// RUN: rm -rf %t.?
// CHECK-COUNT-8: right

#include <tl/autotune.h>

#include <cstdio>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>

using namespace tl::keywords;

struct add_config {
  int step = 1;
};

template <add_config C = add_config{}>
[[tl::autotune({.step = 1}, {.step = 2}, {.step = 4})]]
void add(float by, tl::inout<float> data) {
  const int n = int(data.size());
  for (int i = 0; i < n; i += C.step)
    for (int k = i; k < i + C.step && k < n; ++k)
      data.data()[k] += by;
}

static constexpr std::size_t stack_bytes = 1 << 20, data_bytes = 4 << 20;

static float *data;
static ucontext_t thread_context, coroutine;

static void on_another_stack() {
  add(1.0f, tl::inout<float>(data, data_bytes / sizeof(float)));
  std::puts(data[0] == 1.0f && data[1000] == 1.0f ? "right" : "wrong");
}

static void *run(void *other_stack) {
  getcontext(&coroutine);
  coroutine.uc_stack.ss_sp = other_stack;
  coroutine.uc_stack.ss_size = stack_bytes;
  coroutine.uc_link = &thread_context;
  makecontext(&coroutine, on_another_stack, 0);
  swapcontext(&thread_context, &coroutine);
  return nullptr;
}

static char *map(std::size_t bytes) {
  void *const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<char *>(memory);
}

int main() {
  // One mapping: a thread's stack, at whose upper end its block is, and the buffer behind it. The thread leaves that
  // stack, so that the mapping does not count as one. An inaccessible page keeps the other stack apart.
  char *const other_stack = map(stack_bytes + 4096), *const memory = map(stack_bytes + data_bytes);
  if (!other_stack || !memory)
    return 1;
  mprotect(other_stack, 4096, PROT_NONE);
  data = reinterpret_cast<float *>(memory + stack_bytes);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, memory, stack_bytes);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, run, other_stack + 4096) != 0)
    return 1;
  pthread_join(thread, nullptr);
}
