// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA variants that do not compile: for ptxas, in the device pass alone, or in both passes. What is left out has no
// kernel in the device code.
//
// REQUIRES: cuda
// RUN: not %clangxx %plugin %cuda -c %s -o %t.o
// RUN: %drop_failed %clangxx %plugin %cuda -c %s -o %t.o 2>&1 | FileCheck --implicit-check-not=error: --implicit-check-not=REPORT %s
// RUN: llvm-nm -C %t.o | FileCheck --check-prefix=HOST %s
// RUN: sh -c '! llvm-nm -C %t.o | grep "__device_stub__kernel<config{\(2\|3\|4\)}>"'
//
// CHECK-DAG: warning: static assertion failed due to requirement {{.*}}not three
// CHECK-DAG: warning: reference to __host__ function 'on_the_host<2>' in __host__ __device__ function
// CHECK-DAG: ptxas warning {{.*}}uses too much shared data
// CHECK: absent.cu:[[#]]:34: warning: 3 of 5 variants of 'run' did not compile and are left out: 'size=2', 'size=3', 'size=4'
//
// HOST-DAG: W {{.*}}__device_stub__kernel<config{1}>(float*)
// HOST-DAG: W {{.*}}__device_stub__kernel<config{5}>(float*)
// HOST-DAG: W void run<config{2}>(float*, CUstream_st*)

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int size = 1;
};
constexpr auto space = tl::space<config>().axis(&config::size, {1, 2, 3, 4, 5});

template <int N> void on_the_host();
template <int N> __host__ __device__ void through() { on_the_host<N>(); }

template <config C> __global__ void kernel(float *x) {
  static_assert(C.size != 3, "not three");
  __shared__ float buffer[C.size == 4 ? 100000 : 10];
  buffer[threadIdx.x % 10] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = buffer[9 - threadIdx.x % 10];
  if constexpr (C.size == 2)
    through<C.size>();
}

template <config C = config{}> [[tl::autotune(configs = space)]] void run(float *x, cudaStream_t stream) {
  kernel<C><<<1, 10, 0, stream>>>(x);
}

void use(float *x) { run(x, nullptr); }
