// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A8, ignore_error, on a device: a variant that ptxas refuses is left out of the build. The session records it as
// infeasible and runs the others.
//
// REQUIRES: cuda
// RUN: %drop_failed %clangxx -O2 %cuda %plugin -c %s -o %t.o 2>&1 | FileCheck %s --check-prefix=BUILD
// RUN: %clangxx %t.o -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// BUILD: warning: 1 of 3 variants of 'reversed' did not compile and is left out: 'tile=100000'
// CHECK: tile=100000: infeasible, did not compile and was left out
// CHECK: measured: 2, all right: 1

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cuda_runtime.h>

#include <cstdio>

using namespace tl::keywords;

struct config {
  int tile = 64;
};
inline constexpr auto tiles = tl::space<config>().axis(&config::tile, {64, 128, 100000});

template <config C> __global__ void reverse(int n, const int *in, int *out) {
  __shared__ int tile[C.tile];
  const int i = static_cast<int>(blockIdx.x * 64 + threadIdx.x);
  tile[threadIdx.x] = i < n ? in[i] : 0;
  __syncthreads();
  if (i < n)
    out[n - 1 - i] = tile[threadIdx.x];
}

template <config C = config{}>
TL_AUTOTUNE(configs = tiles, timeout = 20, warmup = 1, rep = 6)
void reversed(int n, tl::in<int> in, tl::out<int> out, cudaStream_t stream) {
  reverse<C><<<static_cast<unsigned>((n + 63) / 64), 64, 0, stream>>>(n, in.data(), out.data());
}

int main() {
  constexpr int n = 4096;
  int *in = nullptr, *out = nullptr;
  cudaMallocManaged(&in, n * sizeof(int));
  cudaMallocManaged(&out, n * sizeof(int));
  for (int i = 0; i < n; ++i)
    in[i] = i;
  const auto found = tl::tuner(&reversed<>).run(n, tl::in<int>(in, n), tl::out<int>(out, n), nullptr);
  int measured = 0;
  for (const auto &trial : found.trials)
    if (trial.status == "infeasible")
      std::printf("%s: infeasible, %s\n", trial.config.c_str(), trial.reason.c_str());
    else
      ++measured;
  reversed(n, tl::in<int>(in, n), tl::out<int>(out, n), nullptr);
  cudaDeviceSynchronize();
  bool right = true;
  for (int i = 0; i < n; ++i)
    right = right && out[i] == n - 1 - i;
  std::printf("measured: %d, all right: %d\n", measured, right);
}
