// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tuned function in a shared library that Python opens for itself, and HIP's runtime (a stand-in, see
// test/hip/Inputs) with it. Its worker is Python executed again, which never runs the script; launches
// are seen there all the same, also those of a call that only newer versions have.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 -fPIC -shared %plugin -fplugin-arg-tl-legality=off %hip -I%S/Inputs %s -o library.so -x none %runtime libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env TL_LOG=info %python %S/../cuda/Inputs/host.py %t/library.so 2>&1 | %filecheck %s
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// CHECK: host runs
// CHECK-NOT: inside the program
// CHECK: shift(n=4096): winner threads=
// CHECK-NOT: host runs
// CHECK: library says 1
// TRIALS-DAG: threads=4096|infeasible|4096 threads per block, the device allows 1024
// TRIALS-DAG: threads=2048|infeasible|2048 threads per block, the device allows 1024
// TRIALS-DAG: threads=64|measured|

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <unistd.h>

using namespace tl::keywords;

struct shift_config {
  int threads = 64;
};
constexpr auto shift_space = tl::space<shift_config>().axis(&shift_config::threads, {64, 256, 2048, 4096});

// As newer headers declare it.
struct new_launch_config {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes;
  hipStream_t stream;
  void *attrs;
  unsigned numAttrs;
};
extern "C" hipError_t hipLaunchKernelExC(const new_launch_config *config, const void *function, void **arguments);

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
  const dim3 grid((n + C.threads - 1) / C.threads), block(C.threads);
  if constexpr (C.threads == 4096) {
    const new_launch_config config{grid, block, 0, stream, nullptr, 0};
    void *arguments[] = {&n, &x};
    static_cast<void>(hipLaunchKernelExC(&config, reinterpret_cast<const void *>(&shift_kernel<C>), arguments));
  } else {
    shift_kernel<C><<<grid, block, 0, stream>>>(n, x);
  }
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
