// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two devices of one model share first runs, on a stand-in for libamdhip64: most variants never end or crash,
// each at the cost of a worker. Both devices' workers are real processes and open the caller's buffers. The
// same session where the second device cannot reach these buffers ends the same way (a right variant may be
// measured or cut, which depends on times).
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env TL_LOG=info HIP_STANDIN_LOG=%t/calls ./program 2>&1 | FileCheck %s
// RUN: %sql "select count(*), sum(instr(resources, '\"unit\":\"HIP-10') > 0) > 0, sum(instr(resources, 'unit') = 0) > 0 from trials" | FileCheck %s --check-prefix=SHARED
// RUN: %sql "select config, case status when 9 then 1 else status end from trials order by config" > shared
// RUN: FileCheck %s --check-prefix=CALLS --input-file=calls
// RUN: tail -n 3 calls | FileCheck %s --check-prefix=WARM
//
// RUN: env TL_LOG=info TL_CACHE_DIR=%t/second-cache HIP_STANDIN_FAIL=hipDeviceCanAccessPeer:1:1 ./program 2>&1 | FileCheck %s --check-prefix=ALONE
// RUN: env TL_CACHE_DIR=%t/second-cache %sql "select sum(instr(resources, 'unit') > 0) from trials" | FileCheck %s --check-prefix=NONE
// RUN: env TL_CACHE_DIR=%t/second-cache %sql "select config, case status when 9 then 1 else status end from trials order by config" > alone
// RUN: diff shared alone

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace tl::keywords;

/// `habit`: 0 is right, 1 is wrong, 2 never ends, 3 crashes.
struct scale_config {
  int habit = 0;
  int microseconds = 4000;
};
constexpr auto scale_space = tl::space<scale_config>()
                                 .axis(&scale_config::habit, {0, 1, 2, 3})
                                 .axis(&scale_config::microseconds, {2000, 4000, 4001, 4002});

template <scale_config C> __global__ void scale_kernel(int n, float a, const float *x, float *y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n)
    y[i] = a * x[i];
}

template <scale_config C = scale_config{}>
[[tl::autotune(configs = scale_space, rep = 4)]]
hipError_t scale(int n, float a, const float *x, float *y, hipStream_t stream) {
  scale_kernel<C><<<dim3((n + 63) / 64), dim3(64), 0, stream>>>(n, a, x, y);
  return hipGetLastError();
}

extern "C" void hip_standin_kernel(const char *name, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  const int n = *static_cast<int *>(arguments[0]);
  const float a = *static_cast<float *>(arguments[1]);
  const float *x = *static_cast<const float **>(arguments[2]);
  float *y = *static_cast<float **>(arguments[3]);
  // The mangled name of the config that its template argument is: "Li<habit>ELi<microseconds>E".
  int habit = 0, microseconds = 0;
  for (const char *at = std::strstr(name, "Li"); at; at = std::strstr(at + 1, "Li"))
    if (std::sscanf(at, "Li%dELi%dE", &habit, &microseconds) == 2)
      break;
  if (habit == 2)
    for (;;)
      ::usleep(1000);
  if (habit == 3)
    std::abort();
  for (int i = 0; i < n; ++i)
    y[i] = a * x[i] + (habit == 1 ? 100 : 0);
  ::usleep(static_cast<unsigned>(microseconds));
}

int main() {
  const int n = 1000;
  float *x = nullptr, *y = nullptr;
  hipStream_t stream = nullptr;
  if (hipMalloc(&x, n * sizeof *x) != hipSuccess || hipMalloc(&y, n * sizeof *y) != hipSuccess ||
      hipStreamCreateWithFlags(&stream, hipStreamNonBlocking) != hipSuccess)
    return 1;
  for (int i = 0; i < n; ++i)
    x[i] = float(i), y[i] = -1;
  std::printf("call: %s\n", hipGetErrorName(scale(n, 2, x, y, stream)));
  for (int i = 0; i < n; ++i)
    if (y[i] != 2 * float(i) || x[i] != float(i))
      return std::printf("element %d is %g\n", i, y[i]), 1;
  std::puts("right");
  // A winner holds for a model: nothing is looked up or tuned for the other device, and nobody asks
  // which one is current.
  if (hipSetDevice(1) != hipSuccess)
    return 1;
  std::printf("on the other device: %s\n", hipGetErrorName(scale(n, 2, x, y, stream)));
}

// CHECK: HIP-101112131415161718191a1b1c1d1e1f helps with first runs
// CHECK: winner habit=0,
// CHECK: call: hipSuccess
// CHECK-NEXT: right
// CHECK-NOT: tl:
// CHECK: on the other device: hipSuccess

// SHARED: 16|1|1

// CALLS-DAG: hipDeviceCanAccessPeer(1, 0) = hipSuccess
// CALLS-DAG: hipSetDevice(1) = hipSuccess

// WARM: hipSetDevice(1) = hipSuccess
// WARM-NEXT: hipLaunchKernel(

// ALONE: HIP-101112131415161718191a1b1c1d1e1f does not help with first runs: it cannot access the memory of HIP-000102030405060708090a0b0c0d0e0f
// ALONE: winner habit=0,
// ALONE: right
// NONE: 0
