// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Most of this session is variants that never end, each of which costs its time limit and a new worker. With a
// second idle device of the same model they are shared. Which device a trial ran on is recorded with it;
// utils/gpu-check (part `several`) compares the session with one on a single device.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %t 2>&1 | %filecheck %s %}
// CHECK: tl: wait_and_add(n=100000,x=100000): winner microseconds=50,habit=0
// CHECK: 0 wrong, no error

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

/// `habit`: 0 is right, 1 adds too much, 2 never ends, 3 writes to a bad address.
struct wait_config {
  int microseconds = 100;
  int habit = 0;
};
constexpr auto wait_space =
    tl::space<wait_config>()
        .axis(&wait_config::microseconds, {50, 100, 101, 102, 103, 104, 105, 106})
        .axis(&wait_config::habit, {0, 1, 2, 3});

__device__ volatile int never = 0;

template <wait_config C> __global__ void wait_kernel(int n, float *x) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  while (now - begin < C.microseconds * 1000ull || (C.habit == 2 && never == 0));
  if (C.habit == 3 && i == 0)
    *reinterpret_cast<float *>(0x10) = 1;
  if (i < n)
    x[i] += C.habit == 1 ? 10 : 1;
}

template <wait_config C = wait_config{}>
TL_AUTOTUNE(configs = wait_space, timeout = 20)
void wait_and_add(int n, tl::inout<float> x, cudaStream_t stream) {
  wait_kernel<C><<<(n + 255) / 256, 256, 0, stream>>>(n, x.data());
}

/// Works on the device of that number, 0 without one.
int main(int argc, char **argv) {
  cudaSetDevice(argc > 1 ? std::atoi(argv[1]) : 0);
  const int n = 100000;
  float *x = nullptr;
  cudaStream_t stream;
  cudaMalloc(&x, n * sizeof(float));
  cudaMemset(x, 0, n * sizeof(float));
  cudaStreamCreate(&stream);
  wait_and_add(n, {x, static_cast<std::size_t>(n)}, stream);
  std::vector<float> after(n);
  cudaStreamSynchronize(stream);
  cudaMemcpy(after.data(), x, n * sizeof(float), cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (const float it : after)
    wrong += it != 1;
  std::printf("%d wrong, %s\n", wrong, cudaGetErrorString(cudaGetLastError()));
}
