// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tuned function in a shared library that Python opens for itself, and HIP's runtime (a stand-in, see
// test/hip/Inputs) with it. Its worker is Python executed again, which never runs the script; launches
// are seen there all the same.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 -fPIC -shared %plugin %hip -I%S/Inputs %s -o library.so -x none %runtime libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env TL_LOG=info %python %S/../cuda/Inputs/host.py %t/library.so 2>&1 | %filecheck %s
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// CHECK: host runs
// CHECK-NOT: inside the program
// CHECK: shift(n=4096): winner threads=
// CHECK-NOT: host runs
// CHECK: library says 1
// TRIALS: threads=2048|infeasible|2048 threads per block, the device allows 1024
// TRIALS: threads=64|measured|

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <unistd.h>

using namespace tl::keywords;

struct shift_config {
  int threads = 64;
};
constexpr auto shift_space = tl::space<shift_config>().axis(&shift_config::threads, {64, 256, 2048});

template <shift_config C> __global__ void shift_kernel(int n, float *x) {
  const int i = static_cast<int>(blockIdx.x) * C.threads + static_cast<int>(threadIdx.x);
  if (i < n)
    x[i] += 1;
}

extern "C" void hip_standin_kernel(const char *, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  ::usleep(5000);
  for (int i = 0; i < *static_cast<int *>(arguments[0]); ++i)
    (*static_cast<float **>(arguments[1]))[i] += 1;
}

template <shift_config C = shift_config{}>
TL_AUTOTUNE(configs = shift_space, timeout = 10, rep = 4)
void shift(int n, float *x, hipStream_t stream) {
  shift_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x);
}

extern "C" int run_tuned() {
  const int n = 4096;
  float *x = nullptr, last = -1;
  if (hipMalloc(&x, n * sizeof(float)) != hipSuccess ||
      hipMemsetAsync(x, 0, n * sizeof(float), nullptr) != hipSuccess)
    return -1;
  shift(n, x, nullptr);
  return hipMemcpy(&last, x + n - 1, sizeof last, hipMemcpyDeviceToHost) == hipSuccess ? static_cast<int>(last) : -1;
}
