// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random configs: what the plugin says of each, from the device code's own numbers, is what an independent
// computation says from ptxas's report. On a device, `utils/gpu-check run --only legality` launches all of them and
// compares with what the driver refuses.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda -DCONFIGS=60 -fplugin-arg-tl-legality=warn -fplugin-arg-tl-remarks -Xcuda-ptxas -v -c %s -o %t.o 2> %t.said
// RUN: %python %S/Inputs/legality.py sm_90 < %t.said | FileCheck %s
//
// CHECK: 60 configs, {{[0-9]+}} of them can never run, all as expected
// CHECK-DAG: registers
// CHECK-DAG: bounds
// CHECK-DAG: shared
// CHECK-DAG: threads

#include <tl/autotune.h>

#include <array>
#include <cstdio>
#include <utility>

using namespace tl::keywords;

#ifndef CONFIGS
#define CONFIGS 200
#endif

struct config {
  int index = 0; // tells equal ones apart
  int threads = 64;
  int rows = 1;
  int live = 1;    // numbers that a thread holds at once
  int bound = 0;   // of __launch_bounds__, 0: none
  int fixed = 16;  // static shared memory [bytes]
  int dynamic = 0; // [bytes]
};

// Every value is near a limit of some device, on either side.
constexpr auto make_configs() {
  constexpr int threads[] = {32, 96, 128, 192, 256, 288, 384, 416, 512, 544, 608, 672, 736, 768, 896, 1024, 1056};
  constexpr int live[] = {1, 8, 20, 32, 40, 56, 64, 72, 88, 104, 112, 128, 144, 160, 184, 200, 220, 240};
  constexpr int bounds[] = {0, 0, 0, 0, 128, 256, 512, 1024};
  constexpr int fixed[] = {16, 1024, 1040, 4096, 16384, 32768, 49152};
  constexpr int dynamic[] = {0, 0, 0, 0, 16, 1024, 49152, 65536, 131072, 183296, 199680, 215056, 228352, 231408, 231424, 232432, 232448};
  std::array<config, CONFIGS> made{};
  unsigned state = 12345;
  auto next = [&](const auto &of) {
    state = state * 1664525u + 1013904223u;
    return of[(state >> 8) % (sizeof(of) / sizeof(of[0]))];
  };
  constexpr int rows[] = {1, 1, 1, 1, 1, 1, 2, 4};
  for (int i = 0; i < CONFIGS; ++i) {
    config &c = made[i];
    c = {i + 1, next(threads), next(rows), next(live), next(bounds), next(fixed), next(dynamic)};
    // One of the memories is mostly out of the way, so that other limits are met.
    if (next(rows) == 1)
      c.dynamic = c.dynamic % 1024;
    if (c.threads < 256)
      c.rows *= 2;
  }
  made[0] = {1};
  return made;
}
inline constexpr auto random_configs = make_configs();

template <config C> __device__ void work(float *x) {
  __shared__ char fixed[C.fixed];
  extern __shared__ char dynamic[];
  const int t = threadIdx.x + threadIdx.y * blockDim.x;
  float live[C.live];
#pragma unroll
  for (int i = 0; i < C.live; ++i)
    asm volatile("ld.volatile.global.f32 %0, [%1];" : "=f"(live[i]) : "l"(x + i));
  if (C.dynamic > 0 && t == 0)
    dynamic[C.dynamic - 1] = 1;
  fixed[t % C.fixed] = static_cast<char>(t);
  __syncthreads();
  float sum = fixed[(t + 1) % C.fixed];
#pragma unroll
  for (int i = 0; i < C.live; ++i)
    asm volatile("add.f32 %0, %0, %1;" : "+f"(sum) : "f"(live[i]));
  x[512 + t % 512] = sum;
}
template <config C> __global__ void free_kernel(float *x) { work<C>(x); }
template <config C> __global__ void __launch_bounds__(C.bound) bound_kernel(float *x) { work<C>(x); }

template <config C> constexpr auto kernel_of() {
  if constexpr (C.bound != 0)
    return &bound_kernel<C>;
  else
    return &free_kernel<C>;
}

template <config C = random_configs[0]> [[tl::autotune(configs = random_configs)]] cudaError_t run(float *x, cudaStream_t stream) {
  const dim3 block(C.threads / C.rows, C.rows);
  if constexpr (C.bound != 0) {
    auto *kernel = &bound_kernel<C>;
    if (C.dynamic > 0)
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, C.dynamic);
    kernel<<<1, block, C.dynamic, stream>>>(x);
  } else {
    if (C.dynamic > 0)
      cudaFuncSetAttribute(free_kernel<C>, cudaFuncAttributeMaxDynamicSharedMemorySize, C.dynamic);
    free_kernel<C><<<1, block, C.dynamic, stream>>>(x);
  }
  return cudaGetLastError();
}

/// Launches one config, and says whether the driver would.
template <int I> void try_config(float *x) {
  constexpr config c = random_configs[I];
  static_cast<void>(cudaGetLastError());
  const cudaError_t error = run<c>(x, nullptr);
  const cudaError_t after = cudaDeviceSynchronize();
  cudaFuncAttributes kernel{};
  cudaFuncGetAttributes(&kernel, kernel_of<c>());
  std::printf("%d %s %s %d registers %zu bytes\n", c.index, error == cudaSuccess ? "runs" : "refused",
              cudaGetErrorName(error == cudaSuccess ? after : error), kernel.numRegs, kernel.sharedSizeBytes);
}

int main(int argc, char **) {
  float *x = nullptr;
  if (cudaMalloc(&x, 4096) != cudaSuccess)
    return 1;
  cudaMemset(x, 0, 4096);
  if (argc > 9)
    run(x, nullptr);
  [x]<std::size_t... I>(std::index_sequence<I...>) { (try_config<I>(x), ...); }(std::make_index_sequence<CONFIGS>{});
  return cudaGetLastError() == cudaSuccess ? 0 : 1;
}
