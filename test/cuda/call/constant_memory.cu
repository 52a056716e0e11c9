// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel's coefficients are in __constant__ memory and a table is behind a __device__ pointer; the program fills
// both in main. The variant that ignores them is right only where they are zero, and is the fastest.
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
/// 0: right, slow. 1: ignores the coefficients. 2: right, a little faster.
struct config {
  int mode = 0;
};
__constant__ float coefficients[3];
__device__ const float *table;

template <config C> __global__ void stencil(int n, const float *x, float *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if (i >= n)
    return;
  if constexpr (C.mode == 0)
    __nanosleep(20000);
  if constexpr (C.mode == 2)
    __nanosleep(8000);
  y[i] = x[i] + (C.mode == 1 ? 0.f : coefficients[0] * (i ? x[i - 1] : 0.f) + coefficients[2]);
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void by_constant(int n, const float *x, float *y, cudaStream_t stream) {
  ran = C.mode;
  stencil<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, y);
}

template <config C> __global__ void lookup(int n, float *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if constexpr (C.mode == 0)
    __nanosleep(20000);
  if constexpr (C.mode == 2)
    __nanosleep(8000);
  if (i < n)
    y[i] = table ? (C.mode == 1 ? 0.f : table[i % 7]) : 0.f;
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void by_device_pointer(int n, float *y, cudaStream_t stream) {
  ran = C.mode;
  lookup<C><<<(n + 127) / 128, 128, 0, stream>>>(n, y);
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 50000;
  float *x, *y, *t;
  if (cudaMalloc(&x, 4 * n) || cudaMalloc(&y, 4 * n) || cudaMalloc(&t, 28))
    return 1;
  std::vector<float> h(n, 1.f), got(n), values(7, 3.f);
  const float c[3] = {2, 0, 5};
  cudaMemcpy(x, h.data(), 4 * n, cudaMemcpyHostToDevice);
  cudaMemcpy(t, values.data(), 28, cudaMemcpyHostToDevice);
  cudaMemcpyToSymbol(coefficients, c, sizeof c);
  cudaMemcpyToSymbol(table, &t, sizeof t);
  by_constant(n, x, y, nullptr);
  cudaMemcpy(got.data(), y, 4 * n, cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (int i = 0; i < n; ++i)
    wrong += got[i] != 1 + (i ? 2 : 0) + 5;
  std::printf("__constant__: ran %d, %d wrong\n", ran, wrong);
  by_device_pointer(n, y, nullptr);
  cudaMemcpy(got.data(), y, 4 * n, cudaMemcpyDeviceToHost);
  wrong = 0;
  for (int i = 0; i < n; ++i)
    wrong += got[i] != 3;
  std::printf("__device__ pointer: ran %d, %d wrong\n%s\n", ran, wrong, cudaGetErrorString(cudaGetLastError()));
}

// CHECK: by_constant(n=50000): winner mode=2
// CHECK: __constant__: ran 2, 0 wrong
// CHECK: by_device_pointer(n=50000): winner mode=2
// CHECK: __device__ pointer: ran 2, 0 wrong
// CHECK-NEXT: no error
