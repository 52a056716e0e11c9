// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct scale_config {
  int threads = 64;
  int per_thread = 1;
};

constexpr auto scale_space = tl::space<scale_config>()
    .axis(&scale_config::threads, {64, 128, 256, 512})
    .axis(&scale_config::per_thread, {1, 2, 4});

template <scale_config C>
__global__ __launch_bounds__(C.threads) void scale_kernel(int n, float a, const float *x, float *y) {
  const int first = int(blockIdx.x) * C.threads * C.per_thread + int(threadIdx.x);
#pragma unroll
  for (int k = 0; k < C.per_thread; ++k)
    if (const int i = first + k * C.threads; i < n)
      y[i] = a * x[i];
}

template <scale_config C = scale_config{}>
[[tl::autotune(configs = scale_space, timeout = 10)]]
hipError_t scale(int n, float a, const float *x, float *y, hipStream_t stream) {
  const int per_block = C.threads * C.per_thread;
  scale_kernel<C><<<dim3((n + per_block - 1) / per_block), dim3(C.threads), 0, stream>>>(n, a, x, y);
  return hipGetLastError();
}

int main() {
  const int n = 1 << 24;
  std::vector<float> ones(n, 1.0f), result(n);
  float *x = nullptr, *y = nullptr;
  hipError_t error = hipMalloc(&x, n * sizeof(float));
  if (error == hipSuccess)
    error = hipMalloc(&y, n * sizeof(float));
  if (error == hipSuccess)
    error = hipMemcpy(x, ones.data(), n * sizeof(float), hipMemcpyHostToDevice);
  if (error == hipSuccess)
    error = scale(n, 2.0f, x, y, nullptr); // tunes, then runs the winner
  if (error == hipSuccess)
    error = hipMemcpy(result.data(), y, n * sizeof(float), hipMemcpyDeviceToHost);
  std::printf("%s\n", error != hipSuccess ? hipGetErrorString(error) : result[n - 1] == 2.0f ? "right" : "wrong");
  return error == hipSuccess ? 0 : 1;
}
