// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that no AMD GPU of the object can launch, by the numbers that LLVM writes into the code objects.
//
// REQUIRES: hip
// RUN: %clangxx %plugin -x hip $(%hipflags gfx90a gfx1030) -O1 -fplugin-arg-tl-remarks -c %s -o %t.o 2>&1 | FileCheck %s --implicit-check-not="variants of 'legal"
// RUN: llvm-nm -C %t.o | FileCheck %s --check-prefix=NAMES
//
// CHECK-DAG: warning: 1 of 2 variants of 'by_bounds' can never run and are left out, such as 'size=512': kernel 'bounded': 512 threads in a block, the kernel's launch bounds allow 256
// CHECK-DAG: warning: 1 of 2 variants of 'by_threads' can never run {{.*}}: kernel 'plain': 2,048 threads in a block, at most 1,024 can be
// CHECK-DAG: warning: 1 of 2 variants of 'by_memory' can never run {{.*}}: kernel 'dynamic': 1,024 bytes of static and 64,513 of dynamic shared memory: 65,537, gfx1030 has 65,536; kernel 'dynamic': {{.*}} gfx90a has 65,536
// NAMES-DAG: __tl_illegal_
// NAMES-DAG: __device_stub__bounded<config{64}>
// NAMES-NOT: __device_stub__bounded<config{512}>

#include <hip/hip_runtime.h>
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int size = 64;
};
template <config C> __global__ void plain(float *x) { x[threadIdx.x] = C.size; }
template <config C> __global__ void __launch_bounds__(256) bounded(float *x) { x[threadIdx.x] = C.size; }
template <config C> __global__ void dynamic(float *x) {
  __shared__ float fixed[256];
  extern __shared__ float rest[];
  fixed[threadIdx.x] = x[threadIdx.x];
  rest[threadIdx.x] = x[threadIdx.x + 1];
  __syncthreads();
  x[threadIdx.x] = fixed[255 - threadIdx.x] + rest[63 - threadIdx.x];
}

template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void by_bounds(float *x) {
  bounded<C><<<1, C.size>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 2048})]] void by_threads(float *x) {
  plain<C><<<1, C.size>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 64513})]] void by_memory(float *x) {
  dynamic<C><<<1, 64, C.size>>>(x);
}
template <config C = config{}> [[tl::autotune({.size = 64}, {.size = 512})]] void legal(int n, float *x) {
  bounded<C><<<1, n>>>(x);
}

void use(float *x, int n) {
  by_bounds(x);
  by_threads(x);
  by_memory(x);
  legal(n, x);
}
