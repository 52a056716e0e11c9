// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E10 on a device: several kernels in a row and what lies between them are one launch, on the stream that the
// caller names; an eager factory does as it likes anyway.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: two kernels on one stream: 2047 right, by threads={{64|256}}

#include <tl/autotune.h>

#include <cuda_runtime.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int threads = 64;
};

__global__ void fill(int n, int value, int *to) {
  if (const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n)
    to[i] = value;
}
__global__ void accumulate(int n, const int *from, int *to) {
  if (const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n)
    to[i] += from[i];
}

using launch = tl::kernel<void(tl::in<int>, tl::out<int>)>;
template <config C = config{}>
TL_AUTOTUNE({.threads = 64}, {.threads = 256}, timeout = 20, warmup = 1, rep = 6)
launch two_passes(int n) {
  return launch([n](tl::in<int> from, tl::out<int> to, cudaStream_t stream) {
    const unsigned blocks = static_cast<unsigned>((n + C.threads - 1) / C.threads);
    fill<<<blocks, C.threads, 0, stream>>>(n, 1, to.data());
    accumulate<<<blocks, C.threads, 0, stream>>>(n, from.data(), to.data());
    accumulate<<<blocks, C.threads, 0, stream>>>(n, from.data(), to.data());
  });
}

int main() {
  constexpr int n = 1000;
  std::vector<int> host(n, 1023);
  int *from = nullptr, *to = nullptr;
  cudaStream_t stream = nullptr;
  cudaMalloc(&from, n * sizeof(int)), cudaMalloc(&to, n * sizeof(int)), cudaStreamCreate(&stream);
  cudaMemcpy(from, host.data(), n * sizeof(int), cudaMemcpyHostToDevice);
  const launch run = two_passes(n);
  run.on(stream)(tl::in<int>(from, n), tl::out<int>(to, n));
  cudaStreamSynchronize(stream);
  cudaMemcpy(host.data(), to, n * sizeof(int), cudaMemcpyDeviceToHost);
  std::printf("two kernels on one stream: %d %s, by %s\n", host[0], host == std::vector<int>(n, 2047) ? "right" : "wrong", run.config().c_str());
}
