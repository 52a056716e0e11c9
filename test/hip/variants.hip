// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every variant's kernel is in the code object of every GPU, with its own resources, and the host
// side has a stub for each.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %clangxx %plugin -x hip $(%hipflags gfx90a gfx1030) -O2 -c %s -o out.o
// RUN: llvm-objcopy --dump-section .hip_fatbin=fatbin out.o
// RUN: clang-offload-bundler --list --type=o --input=fatbin | FileCheck %s --check-prefix=GPUS
// RUN: clang-offload-bundler --unbundle --type=o --input=fatbin --output=gfx90a.co \
// RUN:   --targets=hipv4-amdgcn-amd-amdhsa--gfx90a
// RUN: clang-offload-bundler --unbundle --type=o --input=fatbin --output=gfx1030.co \
// RUN:   --targets=hipv4-amdgcn-amd-amdhsa--gfx1030
// RUN: llvm-readelf --notes gfx90a.co > gfx90a.notes
// RUN: llvm-readelf --notes gfx1030.co > gfx1030.notes
// RUN: FileCheck %s --check-prefix=NOTES --input-file=gfx90a.notes
// RUN: FileCheck %s --check-prefix=WAVE64 --input-file=gfx90a.notes
// RUN: FileCheck %s --check-prefix=NOTES --input-file=gfx1030.notes
// RUN: FileCheck %s --check-prefix=WAVE32 --input-file=gfx1030.notes
// RUN: llvm-nm -C out.o | FileCheck %s --check-prefix=HOST

#include <hip/hip_runtime.h>

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int block = 64;
};
constexpr auto space = tl::space<config>().axis(&config::block, {64, 128, 256});

template <config C> __global__ __launch_bounds__(C.block) void scale_kernel(int n, float a, const float *x, float *y) {
  __shared__ float factor[C.block];
  factor[threadIdx.x] = a;
  __syncthreads();
  for (int i = int(blockIdx.x) * C.block + int(threadIdx.x); i < n; i += int(gridDim.x) * C.block)
    y[i] = factor[threadIdx.x] * x[i];
}

template <config C = config{}>
[[tl::autotune(configs = space)]]
hipError_t scale(int n, float a, const float *x, float *y, hipStream_t stream) {
  scale_kernel<C><<<dim3((n + C.block - 1) / C.block), dim3(C.block), 0, stream>>>(n, a, x, y);
  return hipGetLastError();
}

hipError_t use(float *x) { return scale(1024, 2.0f, x, x, nullptr); }

// GPUS-DAG: hipv4-amdgcn-amd-amdhsa--gfx90a
// GPUS-DAG: hipv4-amdgcn-amd-amdhsa--gfx1030

// One entry of the metadata for each variant, whose shared memory follows from its config: 4 bytes
// for each thread of the block.
// NOTES-DAG: .group_segment_fixed_size: 256
// NOTES-DAG: .group_segment_fixed_size: 512
// NOTES-DAG: .group_segment_fixed_size: 1024
// NOTES-DAG: .name: _Z12scale_kernelIXtl6configLi64EEEEvifPKfPf
// NOTES-DAG: .name: _Z12scale_kernelIXtl6configLi128EEEEvifPKfPf
// NOTES-DAG: .name: _Z12scale_kernelIXtl6configLi256EEEEvifPKfPf
// WAVE64-COUNT-3: .wavefront_size: 64
// WAVE32-COUNT-3: .wavefront_size: 32

// HOST-DAG: __device_stub__scale_kernel<config{64}>
// HOST-DAG: __device_stub__scale_kernel<config{128}>
// HOST-DAG: __device_stub__scale_kernel<config{256}>
// HOST-DAG: __tl_dispatch_
