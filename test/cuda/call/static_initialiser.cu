// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tuned function is called by a global constructor. Workers execute the program's image again, its global constructors
// included: no worker starts another one, nothing hangs, and what main gets is right. In the constructor Clang may not
// have registered the file's kernels yet, so that an untuned launch fails there too.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %t 2>&1 | FileCheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <chrono>
#include <vector>

using namespace tl::keywords;

struct config {
  int threads = 128;
};
template <config C> __global__ void kernel(int n, float *x) {
  const int i = int(blockIdx.x) * C.threads + int(threadIdx.x);
  if (i < n)
    x[i] += 1;
}
template <config C = config{}>
[[tl::autotune({.threads = 64}, {.threads = 128}, {.threads = 256}, rep = 10, warmup = 1)]]
void increase(int n, float *x, cudaStream_t stream) {
  kernel<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x);
}

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
static double took;
static int test(int n) {
  float *x;
  if (cudaMalloc(&x, 4 * n))
    return -1;
  cudaMemset(x, 0, 4 * n);
  const double begin = seconds();
  increase(n, x, nullptr);
  took = seconds() - begin;
  const bool launched = cudaGetLastError() == cudaSuccess;
  increase(n, x, nullptr);
  std::vector<float> h(n);
  cudaMemcpy(h.data(), x, 4 * n, cudaMemcpyDeviceToHost);
  cudaFree(x);
  int wrong = 0;
  for (float v : h)
    wrong += v != (launched ? 2 : 0);
  static_cast<void>(cudaGetLastError());
  return wrong;
}
static const int early = test(10000);
static const double early_took = took;

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int later = test(20000);
  std::printf("in a constructor %d wrong, %s\n", early, early_took < 1 ? "within a second" : "slow");
  std::printf("in main %d wrong\n", later);
}

// CHECK: increase(n=20000): winner threads=
// CHECK: in a constructor 0 wrong, within a second
// CHECK-NEXT: in main 0 wrong
