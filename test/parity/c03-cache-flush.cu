// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C3 on a device: a cold measurement reads a buffer from memory that a hot one finds in L2, and the flush, of more
// than L2 holds, is in neither's time.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %s -o %t %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: cold reads are slower than hot ones: 1
// CHECK: a kernel that does nothing is as fast cold as hot, to 20 us: 1

#include <tl/bench.h>

#include <cmath>
#include <cstdio>
#include <cuda_runtime.h>

__global__ void add_up(std::size_t n, const float4 *from, float *to) {
  float sum = 0;
  for (std::size_t i = blockIdx.x * std::size_t(blockDim.x) + threadIdx.x; i < n; i += std::size_t(gridDim.x) * blockDim.x)
    sum += from[i].x + from[i].y + from[i].z + from[i].w;
  to[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}
__global__ void nothing() {}

int main() {
  constexpr std::size_t n = std::size_t(1) << 20; // 16 MiB: within L2 of the devices that matter
  constexpr unsigned grid = 264, block = 512;
  float4 *from = nullptr;
  float *to = nullptr;
  if (cudaMalloc(&from, n * sizeof(float4)) != cudaSuccess || cudaMalloc(&to, grid * block * sizeof(float)) != cudaSuccess)
    return 1;
  const auto median = [](auto &&launch, bool cold) { return tl::bench(launch, {.warmup_ms = 20, .rep = 50, .cold = cold}).median_ns; };
  const auto read = [&] { add_up<<<grid, block>>>(n, from, to); };
  const auto idle = [] { nothing<<<1, 1>>>(); };
  std::printf("cold reads are slower than hot ones: %d\n", median(read, true) > 1.15 * median(read, false));
  std::printf("a kernel that does nothing is as fast cold as hot, to 20 us: %d\n",
              std::abs(median(idle, true) - median(idle, false)) < 20e3);
}
