// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each shard's device code is linked by itself: of a variable on the device it would have a copy that the program does
// not write to.
//
// REQUIRES: cuda
// RUN: for i in 0 1; do not %clangxx %plugin %cuda --cuda-host-only -fsyntax-only -fplugin-arg-tl-shard=$i/2 %s 2>&1 | FileCheck %s "--implicit-check-not=error:" || exit 1; done
// RUN: %clangxx %plugin %cuda --cuda-host-only -fsyntax-only -Werror -fplugin-arg-tl-shard=1/2 -DCONSTANTS %s
// RUN: %clangxx %plugin %cuda --cuda-host-only -fsyntax-only -Werror %s

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int threads = 32;
};

__constant__ const int constants[4] = {1, 2, 3, 4};
__device__ constexpr int more[4] = {1, 2, 3, 4};
__device__ int unused;
#ifndef CONSTANTS
// CHECK-DAG: :[[@LINE+1]]:{{.*}} error: 'factors' is a variable on the device, of which the code of each shard would have a copy of its own; compile this file without -fplugin-arg-tl-shard
__constant__ float factors[4];
// CHECK-DAG: :[[@LINE+1]]:{{.*}} error: 'counter' is a variable on the device
inline __device__ int counter;
namespace {
// CHECK-DAG: :[[@LINE+1]]:{{.*}} error: '{{.*}}own' is a variable on the device
__device__ int own;
} // namespace
// CHECK-DAG: :[[@LINE+1]]:{{.*}} error: 'values<3>' is a variable on the device
template <int N> __device__ int values;
#endif

template <config C> __global__ void kernel(float *out) {
  out[threadIdx.x] = float(constants[threadIdx.x % 4] + more[threadIdx.x % 4]);
#ifndef CONSTANTS
  out[threadIdx.x] *= factors[threadIdx.x % 4];
  atomicAdd(&counter, 1);
  atomicAdd(&own, 1);
  atomicAdd(&values<3>, 1);
#endif
}

template <config C = config{}>
[[tl::autotune({.threads = 32}, {.threads = 64}, {.threads = 128}, key = tl::one_problem)]]
void factory(float *out) {
  kernel<C><<<1, C.threads>>>(out);
}

int main() { factory(nullptr); }
