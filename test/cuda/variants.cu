// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Host and device pass instantiate the same variants: each has its kernel in the device code and its stub in the host's.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda --cuda-device-only -S %s -o - | %filecheck --check-prefix=DEVICE %s
// RUN: %clangxx %plugin %cuda --cuda-gpu-arch=sm_80 -c %s -o %t.o && llvm-nm -C %t.o | %filecheck --check-prefix=HOST %s
// RUN: %clangxx %plugin %cuda -fgpu-rdc -c %s -o %t.o && llvm-nm -C %t.o | %filecheck --check-prefix=HOST %s
// RUN: %clangxx %plugin %cuda -fplugin-arg-tl-dump -fsyntax-only %s | %filecheck --check-prefix=DUMP %s
//
// A shard has the device code of its own variants.
// RUN: %clangxx %plugin %cuda -fplugin-arg-tl-shard=1/2 --cuda-device-only -S %s -o - | %filecheck --check-prefix=SHARD %s

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int block = 64;
  int items = 1;
};
constexpr auto space = tl::space<config>().axis(&config::block, {64, 128, 256}).axis(&config::items, {1, 2});

__device__ int helper(int i) {
#if __CUDA_ARCH__ >= 900
  return i + 2;
#else
  return i;
#endif
}

template <config C> __global__ void __launch_bounds__(C.block) kernel(int n, float *x) {
  int i = blockIdx.x * C.block * C.items + threadIdx.x;
  for (int k = 0; k < C.items; ++k, i += C.block)
    if (i < n)
      x[i] += helper(i);
}

template <config C = config{}> [[tl::autotune(configs = space)]] void add(int n, float *x, cudaStream_t stream) {
  kernel<C><<<(n + C.block * C.items - 1) / (C.block * C.items), C.block, 0, stream>>>(n, x);
}

void use(float *x) { add(100, x, nullptr); }

// DEVICE-DAG: .entry _Z6kernelIXtl6configLi64ELi1EEEEviPf
// DEVICE-DAG: .entry _Z6kernelIXtl6configLi64ELi2EEEEviPf
// DEVICE-DAG: .entry _Z6kernelIXtl6configLi128ELi1EEEEviPf
// DEVICE-DAG: .entry _Z6kernelIXtl6configLi128ELi2EEEEviPf
// DEVICE-DAG: .entry _Z6kernelIXtl6configLi256ELi1EEEEviPf
// DEVICE-DAG: .entry _Z6kernelIXtl6configLi256ELi2EEEEviPf

// HOST-DAG: void __device_stub__kernel<config{64, 1}>(int, float*)
// HOST-DAG: void __device_stub__kernel<config{256, 2}>(int, float*)
// HOST-DAG: W __tl_dispatch_{{[0-9a-f]+}}(int, float*, CUstream_st*)

// Said once, by the host pass.
// DUMP-COUNT-1: // factory add: 6 variants, default 'block=64,items=1'
// DUMP-NOT: // factory

// The default config's kernel comes along: the call itself names it.
// SHARD-NOT: .entry _Z6kernelIXtl6configLi256ELi1EEEEviPf
// SHARD-DAG: .entry _Z6kernelIXtl6configLi64ELi2EEEEviPf
// SHARD-DAG: .entry _Z6kernelIXtl6configLi128ELi2EEEEviPf
// SHARD-NOT: .entry _Z6kernelIXtl6configLi128ELi1EEEEviPf
