// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants of a HIP source are compiled on demand by the compiler's driver, in a session with workers, on the stand-in for
// libamdhip64 (test/hip/Inputs), which launches what is registered and stands in the registered code. What the kernels' code
// does was not run.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir -p %t && cp %s %t/program.hip && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %source_dir/test/hip/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -I%source_dir/test/hip/Inputs -DPROGRAM program.hip -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env TL_BUDGET=200 HIP_STANDIN_LOG=%t/calls ./program > first 2>&1; FileCheck %s --input-file=first
// RUN: %trials > trials && FileCheck %s --check-prefix=TRIALS --input-file=trials
// RUN: test $(grep -c . trials) = 6
//
// Each library has its variants' device code, and nothing else of the file.
// RUN: for it in $(find %t.cache/on-demand -name '*.so'); do llvm-nm -C $it; done > symbols
// RUN: not grep -E ' main$|at_start|other_kernel' symbols
//
// Later runs load the winner, without the source, a compiler or a worker.
// RUN: mv program.hip away.hip && rm calls
// RUN: env TL_TUNE=require HIP_STANDIN_LOG=%t/calls ./program 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=AGAIN --input-file=calls
// RUN: env TL_FORCE_CONFIG=threads=64 TL_DISABLE_CACHE=1 ./program 2>&1 | FileCheck %s --check-prefix=GONE
// GONE: no library of this user's has: {{.*}}the source {{.*}}program.hip is not there
// RUN: mv away.hip program.hip
//
// A shared library's factory, opened by a program that knows nothing of HIP.
// RUN: rm -r %t.cache && %clangxx -O1 %plugin %hip -I%source_dir/test/hip/Inputs -fPIC -shared -fvisibility=hidden program.hip \
// RUN:   -o library.so -x none %runtime libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env TL_FORCE_CONFIG=threads=64 %python -c "import ctypes; ctypes.CDLL('%t/library.so').run()" 2>&1 | FileCheck %s --check-prefix=FORCED
// FORCED: runs with 64 threads
//
// RUN: for kind in '' static inline; do %clangxx -O1 %plugin %hip -I%source_dir/test/hip/Inputs "-DVARIABLE=$kind" -fsyntax-only -Xclang -verify program.hip || exit 1; done

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace tl::keywords;

struct fill_config {
  int threads = 32;
  int each = 1;
};
constexpr auto fill_space =
    tl::space<fill_config>().axis(&fill_config::threads, {32, 64, 96}).axis(&fill_config::each, {1, 2});

#ifdef VARIABLE
VARIABLE __constant__ float value; // expected-note 1+ {{variable declared here}}
#else
static constexpr float value = 1;
#endif

// Anything that only a program has once: none of it is in a library.
struct loud {
  loud() { std::puts("at_start"); }
};
static loud at_start;
__global__ void other_kernel(float *x) { x[0] = 2; }
// The program has it, and each library, too.
__global__ void kernel_of_all(float *x) { x[0] = 0; }

template <fill_config C> __global__ void fill_kernel(int n, float *x) {
  for (int i = static_cast<int>(threadIdx.x) * C.each; i < n; i += C.threads * C.each)
    for (int j = 0; j < C.each && i + j < n; ++j)
      x[i + j] = value;
}

template <fill_config C = fill_config{}>
[[tl::autotune(configs = tl::on_demand(fill_space), rep = 4)]] // expected-error 0-1 {{'fill' uses the device's variable 'value', of which each library of variants would have a copy}} expected-note 0-1 {{while building the dispatcher}}
hipError_t fill(int n, float *x, hipStream_t stream) {
  static_assert(C.threads != 96, "96 is not made");
  std::fprintf(stderr, "runs with %d threads\n", C.threads);
  kernel_of_all<<<dim3(1), dim3(1), 0, stream>>>(x);
  fill_kernel<C><<<dim3(1), dim3(C.threads), 0, stream>>>(n, x);
  return hipGetLastError();
}

extern "C" __attribute__((visibility("default"))) void
hip_standin_kernel(const char *name, const unsigned[3], const unsigned block[3], std::size_t, void **arguments) {
  if (!std::strstr(name, "fill_kernel"))
    return;
  const int n = *static_cast<int *>(arguments[0]);
  float *x = *static_cast<float **>(arguments[1]);
  for (int i = 0; i < n; ++i)
    x[i] = 1;
  ::usleep(block[0] == 64 ? 6000 : 9000); // long beside what a busy machine adds
}

extern "C" __attribute__((visibility("default"))) int run() {
  const int n = 1000;
  float *x = nullptr;
  if (hipMalloc(&x, n * sizeof *x) != hipSuccess)
    return 1;
  std::memset(x, 0, n * sizeof *x);
  std::printf("call: %s\n", hipGetErrorName(fill(n, x, nullptr)));
  for (int i = 0; i < n; ++i)
    if (x[i] != 1)
      return std::printf("element %d is %g\n", i, x[i]), 1;
  other_kernel<<<dim3(1), dim3(1), 0, 0>>>(x);
  std::puts("right");
  std::fflush(stdout);
  return 0;
}

#ifdef PROGRAM
int main() { return run(); }
#endif

// CHECK-NOT: warning
// CHECK: call: hipSuccess
// CHECK-NEXT: right
// CHECK-NOT: warning

// TRIALS-DAG: fill|{{.*}}|threads=32,each=1|{{measured|cut}}|
// TRIALS-DAG: fill|{{.*}}|threads=64,each=1|measured|
// TRIALS-DAG: fill|{{.*}}|threads=64,each=2|measured|
// TRIALS-DAG: fill|{{.*}}|threads=96,each=1|infeasible|did not compile: {{.*}}96 is not made

// AGAIN-NOT: hipIpc
// AGAIN: hipLaunchKernel({{.*}}kernel_of_all{{.*}} = hipSuccess
// AGAIN: hipLaunchKernel({{.*}}fill_kernel{{.*}}, 1, 1, 1, 64, 1, 1, #, 0, null) = hipSuccess
// AGAIN: hipLaunchKernel({{.*}}other_kernel
