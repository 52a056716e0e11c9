// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <cub/version.cuh> // in a folder that only nvcc knows by itself
#include <tl/autotune.h>
#include <vector>

using namespace tl::keywords;

struct scale_config {
  int threads = 256;
};

template <scale_config C> __global__ void scale_kernel(int n, const float *x, float *y) {
  if (const int i = blockIdx.x * C.threads + threadIdx.x; i < n)
    y[i] = FACTOR * x[i];
}

template <scale_config C = scale_config{}>
[[tl::autotune({.threads = 64}, {.threads = 128})]]
void scale_on_device(int n, const float *x, float *y) {
  scale_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads>>>(n, x, y);
}

bool scale(int n) {
  std::vector<float> host(n, 1.5f);
  float *x = nullptr, *y = nullptr;
  if (cudaMalloc(&x, n * sizeof(float)) != cudaSuccess ||
      cudaMalloc(&y, n * sizeof(float)) != cudaSuccess)
    return false;
  cudaMemcpy(x, host.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  scale_on_device(n, x, y);
  cudaMemcpy(host.data(), y, n * sizeof(float), cudaMemcpyDeviceToHost);
  cudaFree(x);
  cudaFree(y);
  return host[0] == FACTOR * 1.5f && host[n - 1] == FACTOR * 1.5f;
}
