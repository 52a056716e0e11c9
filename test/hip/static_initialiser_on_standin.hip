// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tuned function is called by a global constructor, on a stand-in for libamdhip64. Workers execute the program's
// image again, global constructors included, before the runtime's own may have run: none of them tunes or starts
// another one. In the constructor the file's kernels are not known to HIP yet, so that a plain launch fails too;
// what is found there is not used, and main tunes.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env STARTED=%t/started TL_LOG=info ./program 2>&1 | FileCheck %s
//
// The program, and a worker for each of the two sessions.
// RUN: cat started | FileCheck %s --check-prefix=STARTED

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

using namespace tl::keywords;

struct config {
  int threads = 128;
};
template <config C> __global__ void kernel(int n, float *x) {
  if (int(threadIdx.x) < n)
    x[0] += 1;
}
template <config C = config{}>
[[tl::autotune({.threads = 64}, {.threads = 128}, {.threads = 256}, rep = 4, warmup = 1)]]
void increase(int n, float *x, hipStream_t stream) {
  kernel<C><<<dim3(1), dim3(C.threads), 0, stream>>>(n, x);
}

extern "C" void hip_standin_kernel(const char *, const unsigned[3], const unsigned block[3], std::size_t, void **arguments) {
  ::usleep(block[0] == 64 ? 500 : 5000); // so that it is not the default config that wins
  const int n = *static_cast<int *>(arguments[0]);
  float *x = *static_cast<float **>(arguments[1]);
  for (int i = 0; i < n; ++i)
    x[i] += 1;
}

static float test(int n) {
  float *x;
  if (hipMalloc((void **)&x, n * sizeof *x) != hipSuccess)
    return -1;
  for (int i = 0; i < n; ++i)
    x[i] = 0;
  increase(n, x, nullptr);
  static_cast<void>(hipGetLastError());
  return x[n - 1];
}

static const bool noted = [] {
  if (std::FILE *file = std::fopen(std::getenv("STARTED"), "a"))
    std::fputs("started\n", file), std::fclose(file);
  return true;
}();
static const float early = test(1000);

int main() {
  std::printf("in a constructor: %g\n", early);
  std::printf("in main: %g\n", test(2000));
}

// CHECK: increase(n=1000) runs its default config: the winner could not be tried inside the program: the default config: the launch was refused
// CHECK: increase(n=2000): winner threads=64 
// CHECK: in a constructor: 0
// CHECK: in main: 1

// STARTED-COUNT-3: started
// STARTED-NOT: started
