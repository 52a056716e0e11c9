// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tltune size` of the code objects in a HIP program.
//
// REQUIRES: hip
// RUN: %clangxx -O1 %plugin %hip %s -o %t -x none %runtime %hiplibs
// RUN: %tltune size --limit 0 %t | FileCheck %s
// CHECK-DAG: scale {{ *}}gfx{{[0-9a-f]+}} {{ *}}2 {{ *}}[[#]]
// CHECK-DAG: scale {{ *}}x86_64 {{ *}}2 {{ *}}[[#]]
// CHECK: scale {{ *}}threads=64 {{ *}}gfx{{[0-9a-f]+}} {{ *}}[[#]]

#include <hip/hip_runtime.h>

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
void scale(int n, float *x, hipStream_t stream) {
  scale_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x);
}

int main() { scale(1, nullptr, nullptr); }
