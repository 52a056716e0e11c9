// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The variant that loads four elements at once is right and fastest where the buffers are aligned. The second call
// passes x + 1 and y + 1, on which it would fault.
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
struct config {
  bool vector = false;
};
template <config C> __global__ void kernel(int n, const float *x, float *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if constexpr (C.vector) {
    if (4 * i + 4 <= n) {
      const float4 v = reinterpret_cast<const float4 *>(x)[i];
      reinterpret_cast<float4 *>(y)[i] = make_float4(2 * v.x, 2 * v.y, 2 * v.z, 2 * v.w);
    }
  } else {
    __nanosleep(20000);
    if (i < n)
      y[i] = 2 * x[i];
  }
}
template <config C = config{}>
[[tl::autotune({.vector = false}, {.vector = true}, rep = 20, warmup = 1)]]
void twice(int n, const float *x, float *y, cudaStream_t stream) {
  ran = C.vector;
  kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, y);
}

static int call(int n, const float *x, float *y, float first) {
  twice(n, x, y, nullptr);
  std::vector<float> h(n);
  const cudaError_t error = cudaMemcpy(h.data(), y, 4 * n, cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (int i = 0; i < n; ++i)
    wrong += h[i] != 2 * (first + float(i));
  return error == cudaSuccess ? wrong : -1;
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 1 << 16;
  float *x, *y;
  if (cudaMalloc(&x, 4 * n + 64) || cudaMalloc(&y, 4 * n + 64))
    return 1;
  std::vector<float> h(n + 16);
  for (int i = 0; i < n + 16; ++i)
    h[i] = float(i);
  cudaMemcpy(x, h.data(), 4 * h.size(), cudaMemcpyHostToDevice);
  int wrong = call(n, x, y, 0);
  std::printf("aligned: ran %d, %d wrong\n", ran, wrong);
  wrong = call(n, x + 1, y + 1, 1);
  std::printf("one further: ran %d, %d wrong\n", ran, wrong);
  wrong = call(n, x + 4, y + 4, 4);
  std::printf("four further: %d wrong\n%s\n", wrong, cudaGetErrorString(cudaGetLastError()));
}

// CHECK: aligned: ran 1, 0 wrong
// CHECK: one further: ran 0, 0 wrong
// CHECK: four further: 0 wrong
// CHECK-NEXT: no error
