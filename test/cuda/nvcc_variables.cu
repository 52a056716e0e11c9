// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// nvcc names variables of one file as it likes: "st" where Clang has "_ZL2st", which the host's code asks for. In its code
// they have Clang's names, also those that are called like an instruction.
//
// REQUIRES: cuda
// RUN: %tl_nvcc %clangxx -O1 %plugin %cuda -c %s -o %t.o
// RUN: %python %S/Inputs/device_symbols.py %t.o local | FileCheck %s --implicit-check-not=object
// RUN: llvm-strings -n 2 %t.o | FileCheck %s --check-prefix=HOST

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int threads = 64;
};

// CHECK: image
// CHECK-DAG: object _ZL2st 16
static __constant__ float st[4];
// CHECK-DAG: object _ZL2ld 4
static __device__ int ld = 3;
// CHECK-DAG: object _ZL3mov 8
static __device__ int *mov = &ld;
namespace app {
// CHECK-DAG: object _ZN3appL2stE 4
static __device__ int st;
namespace {
// CHECK-DAG: object _ZN3app12_GLOBAL__N_15tableE 12
__constant__ int table[3];
struct pair {
  int a, b;
};
} // namespace
// CHECK-DAG: object _ZN3app12_GLOBAL__N_15pairsE 16
namespace {
__device__ pair pairs[2];
}
// CHECK-DAG: object _ZN3app5shownE 4
__device__ int shown;
} // namespace app
// CHECK-DAG: object plain 4
__device__ int plain;
// CHECK-DAG: object _Z6valuesILi3EE 12
template <int N> __device__ int values[N];

template <config C> __global__ void kernel(int *out) {
  // CHECK-DAG: object _ZZ6kernelIXtl6configLi64EEEEvPiE5calls 4
  static __device__ int calls;
  out[threadIdx.x] = int(st[threadIdx.x % 4]) + ld + *mov + app::st + app::table[threadIdx.x % 3] +
                     app::pairs[threadIdx.x % 2].b + app::shown + plain + values<3>[threadIdx.x % 3];
  atomicAdd(&calls, 1);
  atomicAdd(&ld, 1);
  app::st = out[0];
  app::pairs[1].a = 2;
}

template <config C = config{}>
[[tl::autotune({.threads = 64}, key = tl::one_problem)]]
void factory(int *out) {
  kernel<C><<<1, C.threads>>>(out);
}

// HOST-DAG: {{^}}_ZL2st{{$}}
// HOST-DAG: {{^}}_ZN3app12_GLOBAL__N_15tableE{{$}}
// HOST-DAG: {{^}}_ZN3appL2stE{{$}}
int main() {
  const float f[4] = {};
  const int n[3] = {};
  int got = 0;
  cudaMemcpyToSymbol(st, f, sizeof f);
  cudaMemcpyToSymbol(app::table, n, sizeof n);
  cudaMemcpyFromSymbol(&got, app::st, sizeof got);
  factory(nullptr);
}
