// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that use a thread-local variable of an opened library: the C library notes in the thread's own vector how far
// it has followed what was opened. A thread that is made for the trials finds out again, in each worker, and
// that is no result. Nor is what the loader notes of the library at its first use. Both were taken for results, and in the
// next worker, where they are elsewhere or done with, right variants were wrong.
//
// RUN: %clangxx -O1 -fPIC -shared %S/Inputs/thread_local.cpp -o %t.so
// RUN: for i in 1 2 3 4 5 6; do cp %t.so %t.$i.so; done
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: TL_LOG=info %t %t 2>&1 | FileCheck %s
//
// CHECK-NOT: {{memory at|rejected}}
// CHECK-COUNT-8: winner unroll=
// CHECK-NOT: {{memory at|rejected}}
// CHECK: right

#include <tl/autotune.h>

#include <cstdio>
#include <dlfcn.h>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 4});

static int (*remember)(int);

template <config C = config{}>
[[tl::autotune(configs = space, timeout = 20, budget = 10, rep = 3)]] void scale(int n, const float *from, float *to) {
  remember(3);
  for (int first = 0; first < C.unroll; ++first)
    for (int i = first; i < n; i += C.unroll)
      to[i] = 2 * from[i];
}

int main(int, char **argv) {
  for (int i = 1; i <= 6; ++i) {
    void *opened = dlopen((argv[1] + ("." + std::to_string(i)) + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
    remember = opened ? reinterpret_cast<int (*)(int)>(dlsym(opened, "remember")) : nullptr;
    if (!remember)
      return std::puts(dlerror());
  }
  bool right = true;
  for (int n = 8; n < 16; ++n) {
    // The heap looks different each time.
    std::vector<std::vector<char>> others;
    for (int i = 0; i < n; ++i)
      others.emplace_back(100 * i + 50);
    std::vector<float> from(n * 16, 1.0f), to(n * 16);
    scale(n * 16, from.data(), to.data());
    for (const float it : to)
      right &= it == 2;
  }
  std::puts(right ? "right" : "WRONG");
}
