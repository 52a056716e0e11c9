// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every variant's kernel is in the code object of every GPU, with its own resources, and the host
// side has a stub for each and for nothing else: what the host passes launch is what the device
// passes compiled.
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
//
// Names of kernels, from the stubs and from the code objects.
// RUN: llvm-nm -C out.o | sed -n 's/.* [TW] void __device_stub__\(scale_kernel<.*\)/\1/p' | sort > host.names
// RUN: llvm-nm -C gfx90a.co | sed -n 's/.* T void \(scale_kernel<.*\)/\1/p' | sort > gfx90a.names
// RUN: llvm-nm -C gfx1030.co | sed -n 's/.* T void \(scale_kernel<.*\)/\1/p' | sort > gfx1030.names
// RUN: FileCheck %s --check-prefix=NAMES --input-file=host.names
// RUN: diff host.names gfx90a.names
// RUN: diff host.names gfx1030.names
// Each has its descriptor, by which the runtime launches it.
// RUN: llvm-readelf --dyn-symbols gfx90a.co | grep -c '_Z12scale_kernel.*\.kd' | FileCheck %s --check-prefix=DESCRIPTORS
//
// What each takes: registers, LDS, and no spills.
// RUN: %python %S/Inputs/metadata.py gfx90a.co | FileCheck %s --check-prefix=TAKES
// RUN: %python %S/Inputs/metadata.py gfx1030.co | FileCheck %s --check-prefix=TAKES
//
// The assembler's own directives say the same.
// RUN: %clangxx %plugin -x hip $(%hipflags gfx90a) --offload-device-only -O2 -S %s -o gfx90a.s
// RUN: FileCheck %s --check-prefix=DIRECTIVES --input-file=gfx90a.s

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

// NAMES: scale_kernel<config{128}>
// NAMES-NEXT: scale_kernel<config{256}>
// NAMES-NEXT: scale_kernel<config{64}>
// NAMES-NOT: scale_kernel

// DESCRIPTORS: {{^}}3{{$}}

// TAKES: target amdgcn-amd-amdhsa--gfx
// TAKES-NEXT: scale_kernel<config{128}>{{.*}} vgprs {{[1-9][0-9]*}} sgprs {{[1-9][0-9]*}} lds 512 private 0 spills 0
// TAKES-NEXT: scale_kernel<config{256}>{{.*}} vgprs {{[1-9][0-9]*}} sgprs {{[1-9][0-9]*}} lds 1024 private 0 spills 0
// TAKES-NEXT: scale_kernel<config{64}>{{.*}} vgprs {{[1-9][0-9]*}} sgprs {{[1-9][0-9]*}} lds 256 private 0 spills 0
// TAKES-NOT: scale_kernel

// DIRECTIVES: .amdhsa_kernel [[FIRST:_Z12scale_kernelIXtl6config.*]]
// DIRECTIVES-NEXT: .amdhsa_group_segment_fixed_size {{256|512|1024}}
// DIRECTIVES: .amdhsa_next_free_vgpr {{[1-9]}}
// DIRECTIVES: .amdhsa_kernel _Z12scale_kernel
// DIRECTIVES-NEXT: .amdhsa_group_segment_fixed_size {{256|512|1024}}
// DIRECTIVES: .amdhsa_kernel _Z12scale_kernel
// DIRECTIVES-NEXT: .amdhsa_group_segment_fixed_size {{256|512|1024}}
// DIRECTIVES-NOT: .amdhsa_kernel
