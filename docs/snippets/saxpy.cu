// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct saxpy_config {
  int threads = 128;
  int per_thread = 1;
};

constexpr auto saxpy_space = tl::space<saxpy_config>()
    .axis(&saxpy_config::threads, {64, 128, 256, 512, 1024})
    .axis(&saxpy_config::per_thread, {1, 2, 4, 8});

template <saxpy_config C>
__global__ void __launch_bounds__(C.threads) saxpy_kernel(int n, float a, const float *x, float *y) {
  const int first = blockIdx.x * C.threads * C.per_thread + threadIdx.x;
#pragma unroll
  for (int k = 0; k < C.per_thread; ++k)
    if (const int i = first + k * C.threads; i < n)
      y[i] = a * x[i] + y[i];
}

template <saxpy_config C = saxpy_config{}>
[[tl::autotune(configs = saxpy_space, timeout = 10)]]
void saxpy(int n, float a, const float *x, float *y, cudaStream_t stream) {
  const int per_block = C.threads * C.per_thread;
  saxpy_kernel<C><<<(n + per_block - 1) / per_block, C.threads, 0, stream>>>(n, a, x, y);
}

int main() {
  const int n = 1 << 24;
  std::vector<float> ones(n, 1.0f), result(n);
  float *x = nullptr, *y = nullptr;
  if (cudaMalloc(&x, n * sizeof(float)) != cudaSuccess || cudaMalloc(&y, n * sizeof(float)) != cudaSuccess) {
    std::printf("%s\n", cudaGetErrorString(cudaGetLastError()));
    return 1;
  }
  cudaMemcpy(x, ones.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  cudaMemcpy(y, ones.data(), n * sizeof(float), cudaMemcpyHostToDevice);

  saxpy(n, 2.0f, x, y, cudaStream_t(nullptr)); // tunes, then runs the winner once: y is updated once

  cudaMemcpy(result.data(), y, n * sizeof(float), cudaMemcpyDeviceToHost);
  std::printf("%s\n", result[n - 1] == 3.0f ? "right" : "wrong");
  return cudaDeviceSynchronize() == cudaSuccess ? 0 : 1;
}
