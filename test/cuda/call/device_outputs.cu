// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a kernel leaves in __device__ variables is a result: compared, put back before each run, and in the program what
// one run of the winner leaves. So is what it accumulates where the first call adds zeros.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %t 2>&1 | FileCheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

static int ran;
/// 0: right, slow. 1: adds twice to the variable, fastest. 2: right.
struct config {
  int mode = 0;
};
__device__ float total[4];
__device__ unsigned calls;

template <config C> __global__ void kernel(int n, const float *x, float *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if constexpr (C.mode == 0)
    __nanosleep(20000);
  if constexpr (C.mode == 2)
    __nanosleep(8000);
  if (i < n)
    y[i] = x[i];
  if (i < 4)
    total[i] += x[i] * (C.mode == 1 ? 2 : 1);
  if (i == 0)
    calls += 1;
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void accumulate(int n, const float *x, float *y, cudaStream_t stream) {
  ran = C.mode;
  kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, y);
}

/// 1: forgets what was there. 2: right.
template <config C> __global__ void add(int n, const float *x, float *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if constexpr (C.mode == 0)
    __nanosleep(20000);
  if constexpr (C.mode == 2)
    __nanosleep(8000);
  if (i < n)
    y[i] = x[i] + (C.mode == 1 ? 0 : y[i]);
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void step(int n, const float *x, float *y, cudaStream_t stream) {
  ran = C.mode;
  add<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, y);
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 100000;
  float *x, *y;
  if (cudaMalloc(&x, 4 * n) || cudaMalloc(&y, 4 * n))
    return 1;
  std::vector<float> h(n, 3.f);
  cudaMemcpy(x, h.data(), 4 * n, cudaMemcpyHostToDevice);
  const float before[4] = {1, 1, 1, 1};
  cudaMemcpyToSymbol(total, before, sizeof before);
  accumulate(n, x, y, nullptr);
  float after[4];
  unsigned count = 0;
  cudaMemcpyFromSymbol(after, total, sizeof after);
  cudaMemcpyFromSymbol(&count, calls, sizeof count);
  std::printf("ran %d, total %g %g, %u call\n", ran, after[0], after[3], count);
  cudaMemset(x, 0, 4 * n);
  cudaMemset(y, 0, 4 * n);
  step(n, x, y, nullptr);
  cudaMemcpy(h.data(), y, 4 * n, cudaMemcpyDeviceToHost);
  std::printf("zeros: ran %d, %g\n%s\n", ran, h[5], cudaGetErrorString(cudaGetLastError()));
}

// CHECK: ran 2, total 4 4, 1 call
// CHECK: zeros: ran 2, 0
// CHECK-NEXT: no error
