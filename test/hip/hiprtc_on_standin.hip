// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `compilers = {tl::hiprtc()}`: the program has the source of its kernels, and a session has them compiled by HIPRTC, the
// real one. The device is a stand-in, which launches what is registered and stands in the registered code (test/hip/Inputs);
// workers are real processes. What the kernels' code does was not run.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir -p %t/temporary && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -DUNIT=1 -fno-math-errno -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env TMPDIR=%t/temporary TL_LOG=debug HIP_STANDIN_LOG=%t/calls ./program > first 2>&1
// RUN: FileCheck %s --input-file=first
// RUN: FileCheck %s --check-prefix=LOG --input-file=first
// RUN: %trials > trials
// RUN: FileCheck %s --check-prefix=TRIALS --input-file=trials
// RUN: rmdir %t/temporary
//
// A later process compiles nothing, and starts no worker.
// RUN: rm calls
// RUN: env TL_TUNE=require HIP_STANDIN_LOG=%t/calls ./program 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=AGAIN --input-file=calls
//
// What is kept are code objects for the device, each with the kernels of its variant.
// RUN: for it in $TL_CACHE_DIR/on-demand/*/*.code; do llvm-readelf --dyn-symbols --notes $it; done > kept 2>&1
// RUN: FileCheck %s --check-prefix=KEPT --input-file=kept
//
// A code that is damaged is made anew.
// RUN: for it in $TL_CACHE_DIR/on-demand/*/*.code; do echo more >> $it; done
// RUN: rm calls
// RUN: env HIP_STANDIN_LOG=%t/calls ./program 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=AGAIN --input-file=calls
//
// Variants are called by their numbers, too, which compiles them.
// RUN: env TL_CACHE_DIR=%t/number HIP_STANDIN_LOG=%t/by-number ./program by-number 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=AGAIN --input-file=by-number
// RUN: env TL_CACHE_DIR=%t/none TL_TUNE=off ./program by-number 2>&1 | FileCheck %s --check-prefix=NONE
//
// Each config by both: the kernels of one are not those of the other.
// RUN: %clangxx -O1 %plugin %hip -DUNIT=1 -DBOTH -I%S/Inputs %s -o both -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env TL_CACHE_DIR=%t/both-cache ./both 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t/both-cache %trials | FileCheck %s --check-prefix=BOTH
//
// Clang makes the default config's kernels only.
// RUN: %clangxx -O1 %plugin %hip -DUNIT=1 -I%S/Inputs --cuda-device-only --no-gpu-bundle-output -S %s -o - 2>/dev/null | FileCheck %s --check-prefix=DEVICE

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "hiprtc_header.h"

#include <cstdint>

using namespace tl::keywords;

namespace app {
enum class kind { slow, fast, wrong, refused, endless };
struct config {
  kind what = kind::slow;
  float factor = 1.5f;
};

template <class T, config C> __global__ void scale_kernel(std::int32_t n, T a, const T *x, T *y) {
#ifdef __HIPCC_RTC__
  static_assert(C.what != kind::refused, "refused it is");
#endif
  const std::int32_t i = std::int32_t(blockIdx.x * blockDim.x + threadIdx.x) * UNIT;
  if (i < n)
    y[i] = C.factor * a * twice(x[i]);
}
} // namespace app

extern "C" __global__ void touch(float *y) { *y = 0; }

#ifndef __HIPCC_RTC__
#include "standin.h"

#include <tl/capi.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using app::kind;

#ifdef BOTH
#define COMPILERS {tl::clang(), tl::hiprtc("-ffast-math")}
#else
#define COMPILERS {tl::hiprtc("-ffast-math")}
#endif
template <app::config C = app::config{}>
[[tl::autotune({.what = kind::fast}, {.what = kind::wrong}, {.what = kind::refused}, {.what = kind::endless},
               compilers = COMPILERS, timeout = 0.5, rep = 4)]]
hipError_t scale(int n, float a, const float *x, float *y, hipStream_t stream) {
  touch<<<dim3(1), dim3(64), 0, stream>>>(y);
  app::scale_kernel<float, C><<<dim3((n + 63) / 64), dim3(64), 0, stream>>>(n, a, x, y);
  return hipGetLastError();
}

extern "C" void hip_standin_kernel(const char *name, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  if (!std::strcmp(name, "touch"))
    return;
  const int n = *static_cast<int *>(arguments[0]);
  const float a = *static_cast<float *>(arguments[1]);
  const float *x = *static_cast<const float **>(arguments[2]);
  float *y = *static_cast<float **>(arguments[3]);
  const char *at = std::strstr(name, "kindE");
  const auto what = static_cast<kind>(at ? std::atoi(at + 5) : 0);
  while (what == kind::endless)
    ::usleep(1000);
  for (int i = 0; i < n; ++i)
    y[i] = 3 * a * x[i] + (what == kind::wrong && i > n / 2 ? 100 : 0);
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
    const tl_factory *factory = tl_rt_find_factory("scale");
    const std::uint32_t number = tl_rt_variant(factory, "what=fast,factor=1.5,compiler=hiprtc(-ffast-math)");
    const float a = 2;
    const void *const arguments[] = {&n, &a, &x, &y};
    hipError_t result = hipErrorUnknown;
    if (tl_rt_call_variant(factory, number == UINT32_MAX ? 2 : number, const_cast<void *const *>(arguments), 4, stream,
                           &result) != 0)
      return std::printf("error: %s\n", tl_rt_last_error()), 0;
    std::printf("call: %s\n", hipGetErrorName(result));
  } else {
    std::printf("call: %s\n", hipGetErrorName(scale(n, 2, x, y, stream)));
  }
  for (int i = 0; i < n; ++i)
    if (y[i] != 6 * float(i) || x[i] != float(i))
      return std::printf("element %d is %g\n", i, y[i]), 1;
  std::puts("right");
}
#endif

// CHECK-NOT: warning
// CHECK: call: hipSuccess
// CHECK-NEXT: right
// CHECK-NOT: warning

// LOG: HIPRTC said of what=refused,factor=1.5,compiler=hiprtc(-ffast-math): hiprtc_on_standin.hip:[[#]]:[[#]]: error: static

// TRIALS-DAG: what=slow,factor=1.5,compiler=clang|measured|
// TRIALS-DAG: what=slow,factor=1.5,compiler=hiprtc(-ffast-math)|{{measured|cut}}|
// TRIALS-DAG: what=fast,factor=1.5,compiler=hiprtc(-ffast-math)|measured|
// TRIALS-DAG: what=wrong,factor=1.5,compiler=hiprtc(-ffast-math)|wrong|
// TRIALS-DAG: what=endless,factor=1.5,compiler=hiprtc(-ffast-math)|timed_out|
// TRIALS-DAG: what=refused,factor=1.5,compiler=hiprtc(-ffast-math)|infeasible|did not compile: hiprtc_on_standin.hip:{{[0-9]+}}:{{[0-9]+}}: error: {{.*}}refused it is

// BOTH-DAG: what=fast,factor=1.5,compiler=clang|{{measured|cut}}|
// BOTH-DAG: what=fast,factor=1.5,compiler=hiprtc(-ffast-math)|{{measured|cut}}|
// BOTH-DAG: what=wrong,factor=1.5,compiler=clang|wrong|
// BOTH-DAG: what=refused,factor=1.5,compiler=clang|{{measured|cut}}|
// BOTH-DAG: what=refused,factor=1.5,compiler=hiprtc(-ffast-math)|infeasible|

// KEPT-DAG: FUNC {{.*}} touch
// KEPT-DAG: OBJECT {{.*}} touch.kd
// KEPT-DAG: OBJECT {{.*}}scale_kernel{{.*}}kindE1E{{.*}}.kd
// KEPT-DAG: amdhsa.target: {{.*}}gfx90a:sramecc+:xnack-

// AGAIN-NOT: hipIpc
// AGAIN: hipLaunchKernel(touch, 1, 1, 1, 64, 1, 1, #, 0, #) = hipSuccess
// AGAIN: hipLaunchKernel({{.*}}scale_kernel{{.*}}kindE1E{{.*}}, 16, 1, 1, 64, 1, 1, #, 0, #) = hipSuccess
// AGAIN-NOT: hipLaunchKernel

// NONE: error: config 'what={{.*}}compiler=hiprtc(-ffast-math)' of scale cannot be called: nothing is compiled in this call

// DEVICE-NOT: .amdhsa_kernel {{.*}}kindE1E
// DEVICE: .amdhsa_kernel {{.*}}scale_kernel
// DEVICE-NOT: .amdhsa_kernel {{.*}}scale_kernel
