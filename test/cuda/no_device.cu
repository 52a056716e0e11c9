// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tuned CUDA program on a machine without a device: the default config runs, so the program sees the
// very error that it would see untuned, and there is one line from us.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: env CUDA_VISIBLE_DEVICES= %t 2> %t.err | %filecheck %s
// RUN: FileCheck %s --check-prefix=LINE < %t.err
// RUN: env CUDA_VISIBLE_DEVICES= TL_TUNE=require %t > %t.out 2> %t.err; test $? -eq 3
// RUN: FileCheck %s --check-prefix=REQUIRE < %t.err
// RUN: %clangxx -O1 -Wno-unknown-attributes %cuda %s -o %t.plain %cudalibs
// RUN: env CUDA_VISIBLE_DEVICES= %t.plain | %filecheck %s

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct fill_config {
  int threads = 32;
};
constexpr auto fill_space = tl::space<fill_config>().axis(&fill_config::threads, {32, 64});

template <fill_config C> __global__ void fill_kernel(int n, float *x) {
  if (static_cast<int>(threadIdx.x) < n)
    x[threadIdx.x] = 1;
}

template <fill_config C = fill_config{}>
TL_AUTOTUNE(configs = fill_space)
void fill(int n, float *x, cudaStream_t stream) {
  std::printf("runs with %d threads\n", C.threads);
  fill_kernel<C><<<1, C.threads, 0, stream>>>(n, x);
}

int main() {
  fill(16, nullptr, nullptr);
  const bool failed = cudaGetLastError() != cudaSuccess;
  std::printf("launch %s\n", failed ? "failed" : "worked");
  fill(16, nullptr, nullptr);
}

// CHECK: runs with 32 threads
// CHECK-NEXT: launch failed
// CHECK-NEXT: runs with 32 threads

// LINE: tl: {{.*}}fill{{.*}}
// LINE-NOT: tl:

// REQUIRE: tl: error: fill(n=16) has no stored winner and TL_TUNE=require: {{.+}}
