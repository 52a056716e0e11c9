// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tltune size` of device code: per architecture, and what no variant has.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda --offload-arch=sm_80 %s -o %t %runtime %cudalibs
// RUN: %tltune size --limit 0 %t | FileCheck %s
// CHECK-DAG: scale {{ *}}sm_80 {{ *}}2 {{ *}}[[#]]
// CHECK-DAG: scale {{ *}}sm_90 {{ *}}2 {{ *}}[[#]]
// CHECK-DAG: scale {{ *}}x86_64 {{ *}}2 {{ *}}[[#]]
// CHECK-DAG: other device code {{ *}}sm_90
// CHECK: scale {{ *}}threads=64 {{ *}}sm_90

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int threads = 64;
};

template <config C> __global__ void scale_kernel(int n, float *x) {
  if (int i = blockIdx.x * C.threads + threadIdx.x; i < n)
    x[i] *= 2;
}

template <config C = config{}>
[[tl::autotune({.threads = 64}, {.threads = 128})]]
void scale(int n, float *x, cudaStream_t stream) {
  scale_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x);
}

int main() { scale(1, nullptr, nullptr); }
