// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// All of a tuning session for HIP but the device: on a stand-in for libamdhip64 that records calls and
// runs kernels as this program says (test/hip/Inputs). The workers are real processes, which open the
// caller's buffers by IPC; a variant that hangs, crashes, is wrong, or asks for more LDS than there is
// costs its own trial.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin -fplugin-arg-tl-legality=off %hip -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env HIP_STANDIN_LOG=%t/calls ./program 2>&1 | FileCheck %s
// RUN: %trials > trials
// RUN: FileCheck %s --check-prefix=TRIALS --input-file=trials
// RUN: FileCheck %s --check-prefix=CALLS --input-file=calls
//
// What was found is used by the next process, which starts no worker.
// RUN: rm calls
// RUN: env TL_TUNE=require HIP_STANDIN_LOG=%t/calls ./program 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=AGAIN --input-file=calls
//
// While a stream is being captured nothing is tuned: the default config is what is recorded.
// RUN: env TL_DISABLE_CACHE=1 HIP_STANDIN_LOG=%t/captured ./program capture 2>&1 | FileCheck %s --check-prefix=CAPTURE
// RUN: FileCheck %s --check-prefix=CAPTURED --input-file=captured
//
// Memory that cannot be shared is copied to where it can; a worker without memory of its own is no
// worker.
// RUN: env TL_DISABLE_CACHE=1 HIP_STANDIN_FAIL=hipIpcGetMemHandle:1:801 ./program 2>&1 | FileCheck %s
// RUN: env TL_DISABLE_CACHE=1 HIP_STANDIN_FAIL=hipMalloc:3:2 ./program 2>&1 | FileCheck %s --check-prefix=REFUSED

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace tl::keywords;

enum class kind { slow, fast, wrong, endless, crashing, greedy };

struct scale_config {
  kind what = kind::slow;
};

template <scale_config C> __global__ void scale_kernel(int n, float a, const float *x, float *y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n)
    y[i] = a * x[i];
}

template <scale_config C = scale_config{}>
[[tl::autotune({.what = kind::slow}, {.what = kind::fast}, {.what = kind::wrong}, {.what = kind::endless},
               {.what = kind::crashing}, {.what = kind::greedy}, timeout = 0.5, rep = 4)]]
hipError_t scale(int n, float a, const float *x, float *y, hipStream_t stream) {
  const unsigned lds = C.what == kind::greedy ? 100000 : 0;
  scale_kernel<C><<<dim3((n + 63) / 64), dim3(64), lds, stream>>>(n, a, x, y);
  return hipGetLastError();
}

extern "C" void hip_standin_kernel(const char *name, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  const int n = *static_cast<int *>(arguments[0]);
  const float a = *static_cast<float *>(arguments[1]);
  const float *x = *static_cast<const float **>(arguments[2]);
  float *y = *static_cast<float **>(arguments[3]);
  const char *at = std::strstr(name, "kind");
  const auto what = static_cast<kind>(at ? std::atoi(at + 4) : 0);
  if (what == kind::endless)
    for (;;)
      ::usleep(1000);
  if (what == kind::crashing)
    std::abort();
  for (int i = 0; i < n; ++i)
    y[i] = a * x[i];
  for (int i = n / 2; i < n && what == kind::wrong; ++i)
    y[i] += 100;
  ::usleep(what == kind::slow ? 12000 : 8000); // long beside what a busy machine adds
}

int main(int argc, char **) {
  const int n = 1000;
  float *x = nullptr, *y = nullptr;
  hipStream_t stream = nullptr;
  if (hipMalloc(&x, n * sizeof *x) != hipSuccess || hipMalloc(&y, n * sizeof *y) != hipSuccess ||
      hipStreamCreateWithFlags(&stream, hipStreamNonBlocking) != hipSuccess)
    return 1;
  for (int i = 0; i < n; ++i)
    x[i] = float(i), y[i] = -1;
  if (argc > 1) {
    hipGraph_t graph = nullptr;
    if (hipStreamBeginCapture(stream, hipStreamCaptureModeGlobal) != hipSuccess)
      return 1;
    std::printf("captured: %s\n", hipGetErrorName(scale(n, 2, x, y, stream)));
    return hipStreamEndCapture(stream, &graph) == hipSuccess ? 0 : 1;
  }
  std::printf("call: %s\n", hipGetErrorName(scale(n, 2, x, y, stream)));
  for (int i = 0; i < n; ++i)
    if (y[i] != 2 * float(i) || x[i] != float(i))
      return std::printf("element %d is %g\n", i, y[i]), 1;
  std::puts("right");
}

// CHECK-NOT: warning
// CHECK: call: hipSuccess
// CHECK-NEXT: right
// CHECK-NOT: warning

// TRIALS-DAG: what=fast|{{measured|cut}}|
// TRIALS-DAG: what=slow|measured|
// TRIALS-DAG: what=wrong|wrong|500 of 1000 elements of y differ, the first is y[500]
// TRIALS-DAG: what=endless|timed_out|
// TRIALS-DAG: what=crashing|crashed|
// TRIALS-DAG: what=greedy|infeasible|100000 bytes of shared memory per block (0 of them static), the device allows 65536

// CALLS: hipIpcGetMemHandle(#) = hipSuccess
// CALLS: hipIpcOpenMemHandle(0) = hipSuccess

// AGAIN-NOT: hipIpc
// AGAIN: hipLaunchKernel({{.*}}scale_kernel{{.*}}, 16, 1, 1, 64, 1, 1, #, 0, #) = hipSuccess
// AGAIN-NOT: hipLaunchKernel

// REFUSED: tl: warning: scale(n=1000{{.*}}) runs its default config: {{.*}}hipErrorOutOfMemory
// REFUSED-NEXT: call: hipSuccess
// REFUSED-NEXT: right

// CAPTURE-NOT: tl:
// CAPTURE: captured: hipSuccess
// CAPTURED-NOT: hipIpc
// CAPTURED: hipLaunchKernel(_Z12scale_kernelIXtl12scale_configEEEvifPKfPf,
// CAPTURED-NOT: hipLaunchKernel
