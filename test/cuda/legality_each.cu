// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// -fplugin-arg-tl-legality, limit by limit: told at the value that is to blame, left out where it is certain for all
// architectures of the object, and the default config never.
//
// REQUIRES: cuda
// RUN: rm -rf %t && split-file %s %t
//
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-remarks -c %t/axes.cu -o %t/axes.o 2>&1 | FileCheck %s --check-prefix=AXES --implicit-check-not="left out:" --implicit-check-not=warning:
// RUN: llvm-nm -C %t/axes.o | FileCheck %s --check-prefix=NAMES --implicit-check-not="heavy<config{1024"
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-remarks -fplugin-arg-tl-legality=warn -c %t/axes.cu -o %t/warn.o 2>&1 | FileCheck %s --check-prefix=WARN --implicit-check-not="left out"
// RUN: llvm-nm -C %t/warn.o | FileCheck %s --check-prefix=ALL
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-legality=off -c %t/axes.cu -o %t/off.o 2>&1 | FileCheck %s --check-prefix=SILENT --allow-empty
// RUN: llvm-nm -C %t/off.o | FileCheck %s --check-prefix=ALL
// RUN: not %clangxx -O1 %plugin %cuda -Werror=backend-plugin -c %t/axes.cu -o %t/off.o 2>&1 | FileCheck %s --check-prefix=ERROR
//
// AXES: axes.cu:[[#]]:44: warning: 1 of 3 variants of 'by_registers' can never run and are left out, such as 'threads=1024': kernel 'heavy': 1,024 threads of [[#REGS:]] registers: {{[0-9,]+}}, sm_90 has 65,536
// AXES: axes.cu:[[#]]:44: remark: config 'threads=1024' of 'by_registers' left out: kernel 'heavy': 1,024 threads
// AXES: remark: variant of 'by_registers' for config 'threads=64'
// NAMES-DAG: __tl_illegal_
// NAMES-DAG: __device_stub__heavy<config{64
// WARN: axes.cu:[[#]]:44: warning: 1 of 3 variants of 'by_registers' can never run, such as 'threads=1024'
// WARN: remark: config 'threads=1024' of 'by_registers' can never run: kernel 'heavy'
// ALL: __device_stub__heavy<config{1024
// SILENT-NOT: {{warning:|remark:}}
// ERROR: error: 1 of 3 variants of 'by_registers' can never run
//
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-remarks -c %t/limits.cu -o %t/limits.o 2>&1 | FileCheck %s --check-prefix=LIMITS --implicit-check-not="variants of 'legal" --implicit-check-not="config of 'legal"
// LIMITS-DAG: limits.cu:[[#]]:[[#]]: warning: 1 of 2 variants of 'by_threads' can never run and are left out, such as 'size=2048': kernel 'plain': 2,048 threads in a block, at most 1,024 can be
// LIMITS-DAG: warning: 1 of 2 variants of 'by_depth' can never run {{.*}}: kernel 'plain': a block of 1 x 1 x 128 threads, at most 1,024 x 1,024 x 64 can be
// LIMITS-DAG: warning: 1 of 2 variants of 'by_none' can never run {{.*}}: kernel 'plain': a block of 0 x 1 x 1 threads has none
// LIMITS-DAG: warning: 1 of 2 variants of 'by_bounds' can never run {{.*}}: kernel 'bounded': 512 threads in a block, the kernel's launch bounds allow 256
// LIMITS-DAG: warning: 1 of 2 variants of 'by_memory' can never run {{.*}}: kernel 'dynamic': 1,024 bytes of static and 231,425 of dynamic shared memory: 232,449, sm_90 has 232,448
// LIMITS-DAG: warning: 1 of 2 variants of 'by_pointer' can never run {{.*}}: kernel 'plain': 2,048 threads
// LIMITS-DAG: warning: 1 of 2 variants of 'by_description' can never run {{.*}}: kernel 'bounded': 512 threads
// LIMITS-DAG: warning: 1 of 2 variants of 'by_helper' can never run {{.*}}: kernel 'bounded': 512 threads
// LIMITS-DAG: warning: 1 of 2 variants of 'by_function' can never run {{.*}}: kernel 'bounded': 512 threads
// LIMITS-DAG: warning: the default config 'size=512' of 'by_default' can never run, and everything else is compared with it: kernel 'bounded': 512 threads
// LIMITS-DAG: remark: config 'size=1' of 'spilling' keeps [[#]] bytes per thread in local memory, spills or arrays, in kernel 'local' on sm_90
// LIMITS-DAG: limits.cu:[[#]]:[[#]]: warning: 1 of 2 variants of 'early_out' can never run
// LIMITS-DAG: warning: 1 of 2 variants of 'two_kernels' can never run
//
// What is certain for one architecture only is left alone.
// RUN: %clangxx -O1 %plugin %cuda --cuda-gpu-arch=sm_80 -fplugin-arg-tl-remarks -c %t/several.cu -o %t/several.o 2>&1 | FileCheck %s --check-prefix=SEVERAL --implicit-check-not="warning: 1 of 2 variants of 'large'"
// SEVERAL: several.cu:[[#]]:[[#]]: warning: 1 of 2 variants of 'larger' can never run {{.*}} bytes of static and {{[0-9,]+}} of dynamic shared memory: {{[0-9,]+}}, sm_80 has 166,912; kernel 'dynamic': {{.*}}, sm_90 has 232,448
// SEVERAL: remark: config 'size=200000' of 'large' cannot be launched on sm_80: kernel 'dynamic': 1,024 bytes of static
// PTX is for devices that nobody knows yet.
// RUN: %clangxx -O1 %plugin %cuda --cuda-include-ptx=sm_90 -fplugin-arg-tl-remarks -c %t/several.cu -o %t/ptx.o 2>&1 | FileCheck %s --check-prefix=PTX
// PTX-NOT: can never run
//
// Registers are not final before device code is linked; launch bounds and blocks are.
// RUN: %clangxx -O1 %plugin %cuda -fgpu-rdc -c %t/axes.cu -o %t/rdc.o 2>&1 | FileCheck %s --check-prefix=SILENT --allow-empty
// RUN: %clangxx -O1 %plugin %cuda -fgpu-rdc -c %t/limits.cu -o %t/rdc.o 2>&1 | FileCheck %s --check-prefix=RDC
// RDC-DAG: warning: 1 of 2 variants of 'by_threads'
// RDC-DAG: warning: 1 of 2 variants of 'by_bounds'
//
// RUN: not %clangxx %plugin %cuda -fplugin-arg-tl-legality=maybe -c %t/axes.cu -o %t/off.o 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: error: unknown argument '-fplugin-arg-tl-legality=maybe'

//--- axes.cu
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int threads = 64;
};
constexpr auto space =
    tl::space<config>().axis(&config::threads, {64, 256,
                                           1024});
template <config C> __global__ void heavy(float *x) {
  float live[100];
#pragma unroll
  for (int i = 0; i < 100; ++i)
    asm volatile("ld.volatile.global.f32 %0, [%1];" : "=f"(live[i]) : "l"(x + i));
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 100; ++i)
    x[threadIdx.x * 100 + i] = live[i];
}
template <config C = config{}> [[tl::autotune(configs = space)]] void by_registers(int n, float *x) {
  dim3 block(C.threads);
  heavy<C><<<n, block>>>(x);
}
void use(float *x) { by_registers(1, x); }

//--- limits.h
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int size = 64;
};
template <config C> __global__ void plain(float *x) { x[threadIdx.x + threadIdx.z] = C.size; }
template <config C> __global__ void __launch_bounds__(256) bounded(float *x) { x[threadIdx.x] = C.size; }
template <config C> __global__ void dynamic(float *x) {
  __shared__ float fixed[256];
  extern __shared__ float rest[];
  fixed[threadIdx.x] = x[threadIdx.x];
  rest[threadIdx.x] = x[threadIdx.x + 1];
  __syncthreads();
  x[threadIdx.x] = fixed[255 - threadIdx.x] + rest[63 - threadIdx.x];
}

//--- limits.cu
#include "limits.h"

template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 2048})]] void by_threads(float *x) {
  plain<C><<<1, C.size>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 128})]] void by_depth(float *x) {
  constexpr dim3 block{1, 1, C.size};
  plain<C><<<dim3(2, 2), block, 0, nullptr>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 1})]] void by_none(float *x) {
  int threads = C.size / 2;
  plain<C><<<1, threads>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void by_bounds(float *x) {
  bounded<C><<<1, dim3(C.size / 2, 2)>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 231425})]] int by_memory(float *x) {
  size_t bytes = sizeof(char) * C.size;
  cudaFuncSetAttribute(dynamic<C>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  dynamic<C><<<1, 64, bytes>>>(x);
  return cudaGetLastError();
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 2048})]] void by_pointer(float *x) {
  auto kernel = &plain<C>;
  kernel<<<1, C.size>>>(x);
}
template <config C = config{}>
[[tl::autotune({.size = 64}, {.size = 512})]] tl::kernel<void(float *)> by_description(int blocks) {
  return tl::kernel<void(float *)>(&bounded<C>).grid(blocks).block(C.size).shared(16);
}
template <int Threads, class Kernel> void launch(Kernel kernel, float *x) { kernel<<<1, Threads>>>(x); }
template <config C> void go(float *x) { bounded<C><<<1, C.size>>>(x); }
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void by_helper(float *x) {
  auto inner = [&] { go<C>(x); };
  inner();
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void by_function(float *x) {
  void *arguments[] = {&x};
  cudaLaunchKernel(reinterpret_cast<const void *>(&bounded<C>), dim3(1), dim3(C.size), arguments, 0, nullptr);
}
template <config C = config{512}> [[tl::autotune({.size = 512}, {.size = 64})]] void by_default(float *x) {
  bounded<C><<<1, C.size>>>(x);
}
template <config C> __global__ void local(float *x, int n) {
  float live[64];
  for (int i = 0; i < 64; ++i)
    live[i] = x[i];
  x[threadIdx.x] = live[n % 64] + C.size;
}
template <config C = config{}> [[tl::autotune({.size = 1})]] void spilling(float *x, int n) { local<C><<<1, 32>>>(x, n); }

// Paths on which nothing happens do not make a variant a working one, nor do those behind a launch that fails.
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] int early_out(int n, float *x) {
  if (n <= 0)
    return 0;
  if (cudaFuncSetAttribute(bounded<C>, cudaFuncAttributeMaxDynamicSharedMemorySize, 100) != cudaSuccess)
    return 1;
  bounded<C><<<n, C.size>>>(x);
  return cudaGetLastError();
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] int two_kernels(int n, float *x) {
  plain<C><<<n, 32>>>(x);
  bounded<C><<<n, C.size>>>(x);
  if (cudaGetLastError() != cudaSuccess)
    return 1;
  plain<C><<<n, 32>>>(x);
  return 0;
}

// May run after all.
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_small(int n, float *x) {
  if (n < 1000)
    plain<C><<<1, 32>>>(x);
  else
    bounded<C><<<n, C.size>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_fallback(int n, float *x) {
  bounded<C><<<n, C.size>>>(x);
  if (cudaGetLastError() != cudaSuccess)
    plain<C><<<1, 32>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_argument(int n, float *x) {
  bounded<C><<<1, n>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_changed(int n, float *x) {
  int threads = C.size;
  if (threads > n)
    threads = n;
  bounded<C><<<1, threads>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_member(int n, float *x) {
  dim3 block(C.size);
  block.x = n;
  bounded<C><<<1, block>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_loop(int n, float *x) {
  for (int i = 0; i < n; ++i)
    plain<C><<<1, 32>>>(x);
  if (n > 1000)
    bounded<C><<<1, C.size>>>(x);
}
void elsewhere(float *x);
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_elsewhere(int n, float *x) {
  if (n < 10) {
    elsewhere(x);
    return;
  }
  bounded<C><<<1, C.size>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_parameter(float *x) {
  launch<32>(&bounded<C>, x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_switch(int n, float *x) {
  switch (n) {
  case 1:
    plain<C><<<1, 32>>>(x);
    break;
  default:
    bounded<C><<<1, C.size>>>(x);
  }
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal_jump(int n, float *x) {
  if (n == 3)
    goto end;
  bounded<C><<<1, C.size>>>(x);
end:
  plain<C><<<1, 32>>>(x);
}

// Another factory has other variants than the default one.
template <config C = config{512}> [[tl::autotune({.size = 512}, {.size = 64})]] void legal_other(float *x) {
  by_default(x);
}

void use(float *x, int n) {
  legal_other(x);
  by_default(x);
  by_threads(x);
  by_depth(x);
  by_none(x);
  by_bounds(x);
  by_memory(x);
  by_pointer(x);
  by_description(n);
  by_helper(x);
  by_function(x);
  spilling(x, n);
  early_out(n, x);
  two_kernels(n, x);
  legal_small(n, x);
  legal_fallback(n, x);
  legal_argument(n, x);
  legal_changed(n, x);
  legal_member(n, x);
  legal_loop(n, x);
  legal_elsewhere(n, x);
  legal_parameter(x);
  legal_switch(n, x);
  legal_jump(n, x);
}

//--- several.cu
#include "limits.h"

template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 300000})]] void larger(float *x) {
  dynamic<C><<<1, 64, C.size>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 200000})]] void large(float *x) {
  dynamic<C><<<1, 64, C.size>>>(x);
}
void use(float *x) {
  larger(x);
  large(x);
}
