// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tuned function in a shared library that Python opens. Its worker is Python executed again, which
// never runs the script, but opens the library.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 -fPIC -shared %plugin %cuda %s -o %t.so %runtime %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %python %S/Inputs/host.py %t.so 2>&1 | %filecheck %s %}
// CHECK: host runs
// CHECK-NOT: inside the program
// CHECK: shift(n=65536): winner threads=
// CHECK-NOT: host runs
// CHECK: library says 1

#include <tl/autotune.h>

#include <cuda_runtime.h>

using namespace tl::keywords;

struct shift_config {
  int threads = 64;
};
constexpr auto shift_space = tl::space<shift_config>().axis(&shift_config::threads, {64, 256});

template <shift_config C> __global__ void shift_kernel(int n, float *x) {
  const int i = static_cast<int>(blockIdx.x) * C.threads + static_cast<int>(threadIdx.x);
  if (i < n)
    x[i] += 1;
}

template <shift_config C = shift_config{}>
TL_AUTOTUNE(configs = shift_space, timeout = 10)
void shift(int n, float *x, cudaStream_t stream) {
  shift_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x);
}

extern "C" int run_tuned() {
  const int n = 1 << 16;
  float *x = nullptr, last = -1;
  cudaStream_t stream;
  cudaMalloc(&x, n * sizeof(float));
  cudaMemset(x, 0, n * sizeof(float));
  cudaStreamCreate(&stream);
  shift(n, x, stream);
  cudaMemcpyAsync(&last, x + n - 1, sizeof last, cudaMemcpyDeviceToHost, stream);
  cudaStreamSynchronize(stream);
  return static_cast<int>(last);
}
