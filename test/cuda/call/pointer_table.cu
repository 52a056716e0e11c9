// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A table of addresses in the device's memory, as batched kernels take it: the buffers that it leads to are copied,
// compared and left alone by trials.
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
/// 0: right, slow. 1: forgets the last row. 2: right.
struct config {
  int mode = 0;
};
template <config C> __global__ void kernel(int rows, int n, float *const *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if constexpr (C.mode == 0)
    __nanosleep(20000);
  if constexpr (C.mode == 2)
    __nanosleep(8000);
  for (int row = 0; row < rows - (C.mode == 1); ++row)
    if (i < n)
      y[row][i] += 1;
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void increase(int rows, int n, float *const *y, cudaStream_t stream) {
  ran = C.mode;
  kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(rows, n, y);
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int rows = 3, n = 50000;
  float *y[rows], **table;
  for (float *&it : y) {
    if (cudaMalloc(&it, 4 * n))
      return 1;
    cudaMemset(it, 0, 4 * n);
  }
  if (cudaMalloc(&table, sizeof y))
    return 1;
  cudaMemcpy(table, y, sizeof y, cudaMemcpyHostToDevice);
  increase(rows, n, table, nullptr);
  int wrong = 0;
  std::vector<float> h(n);
  for (float *it : y) {
    cudaMemcpy(h.data(), it, 4 * n, cudaMemcpyDeviceToHost);
    for (float v : h)
      wrong += v != 1;
  }
  std::printf("ran %d, %d wrong, %s\n", ran, wrong, cudaGetErrorString(cudaGetLastError()));
}

// CHECK-NOT: inside the program
// CHECK: ran 2, 0 wrong, no error
