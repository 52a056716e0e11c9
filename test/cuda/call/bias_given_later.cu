// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Problems that differ only in whether there is a bias: a variant that cannot add one wins the call without one, and
// must not run the call with one.
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
  bool fused = true;
};
template <config C> __global__ void kernel(int n, const float *x, const float *bias, float *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if (i >= n)
    return;
  float t = x[i];
  if constexpr (C.fused) {
    __nanosleep(20000);
    if (bias)
      t += bias[i];
  }
  y[i] = t;
}
template <config C = config{}>
[[tl::autotune({.fused = true}, {.fused = false}, rep = 20, warmup = 1)]]
void add(int n, const float *x, const float *bias, float *y, cudaStream_t stream) {
  kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, bias, y);
  ran = C.fused;
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 1 << 16;
  float *x, *bias, *y;
  if (cudaMalloc(&x, 4 * n) || cudaMalloc(&y, 4 * n) || cudaMalloc(&bias, 4 * n))
    return 1;
  std::vector<float> h(n, 1.f);
  cudaMemcpy(x, h.data(), 4 * n, cudaMemcpyHostToDevice);
  cudaMemcpy(bias, h.data(), 4 * n, cudaMemcpyHostToDevice);
  add(n, x, nullptr, y, nullptr);
  const int first = ran;
  add(n, x, bias, y, nullptr);
  const int second = ran;
  cudaMemcpy(h.data(), y, 4 * n, cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (float v : h)
    wrong += v != 2;
  std::printf("without bias ran fused=%d, with bias fused=%d, %d wrong\n", first, second, wrong);
}

// CHECK: without bias ran fused=0, with bias fused=1, 0 wrong
