// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The factory uses what main set up: a number of blocks read from the device, and a work space that was allocated once.
// It is tuned nevertheless, in a worker, and the work space that trials write to is a copy.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %t 2>&1 | FileCheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <tl/tuner.h>
#include <vector>

using namespace tl::keywords;

static int blocks = 0;
static float *work_space = nullptr;
struct config {
  int threads = 128;
};
template <config C> __global__ void kernel(int n, const float *x, float *w, float *y) {
  for (int i = int(blockIdx.x) * C.threads + int(threadIdx.x); i < n; i += int(gridDim.x) * C.threads) {
    w[i] = x[i] * 2;
    y[i] = w[i] + 1;
  }
}
template <config C = config{}>
[[tl::autotune({.threads = 64}, {.threads = 128}, {.threads = 256}, rep = 20, warmup = 1)]]
void twice(int n, tl::in<float> x, tl::out<float> y, cudaStream_t stream) {
  kernel<C><<<blocks, C.threads, 0, stream>>>(n, x.pointer, work_space, y.pointer);
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 100000;
  float *x, *y;
  if (cudaMalloc(&x, 4 * n) || cudaMalloc(&y, 4 * n) || cudaMalloc(&work_space, 4 * n))
    return 1;
  cudaDeviceGetAttribute(&blocks, cudaDevAttrMultiProcessorCount, 0);
  std::vector<float> h(n, 1.f);
  cudaMemcpy(x, h.data(), 4 * n, cudaMemcpyHostToDevice);
  twice(n, tl::in<float>(x, n), tl::out<float>(y, n), nullptr);
  const cudaError_t error = cudaMemcpy(h.data(), y, 4 * n, cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (float v : h)
    wrong += v != 3;
  const auto result = tl::tuner(&twice<>).rep(20).warmup(1).run(n, tl::in<float>(x, n), tl::out<float>(y, n), cudaStream_t(nullptr));
  for (const auto &it : result.trials)
    std::printf("%s %s %s\n", it.config.c_str(), it.status.c_str(), it.reason.c_str());
  std::printf("tuned %d '%s', %d wrong, %s\n", result.ok(), result.failure.c_str(), wrong, cudaGetErrorString(error));
}

// CHECK-NOT: inside the program
// CHECK: tuned 1 '', 0 wrong, no error
