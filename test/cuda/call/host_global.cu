// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The number of multiprocessors is kept in a global that main sets, as most programs do. It is not 0 in a worker.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %t 2>&1 | FileCheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

int multiprocessors;
struct config {
  int threads = 256;
};
template <config C> __global__ void kernel(int n, float *y) {
  for (int i = int(blockIdx.x) * C.threads + int(threadIdx.x); i < n; i += int(gridDim.x) * C.threads)
    y[i] = float(i);
}
template <config C = config{}>
[[tl::autotune({.threads = 128}, {.threads = 512}, rep = 20, warmup = 1)]]
void count(int n, float *y) {
  kernel<C><<<2 * multiprocessors, C.threads>>>(n, y);
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 1 << 20;
  float *y, found;
  if (cudaMalloc(&y, 4 * n))
    return 1;
  cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, 0);
  count(n, y);
  cudaMemcpy(&found, y + 77, 4, cudaMemcpyDeviceToHost);
  std::printf("element 77 is %g\n", found);
}

// CHECK-NOT: inside the program
// CHECK: count(n=1048576): winner threads=
// CHECK: element 77 is 77
