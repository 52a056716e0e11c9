// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// constexpr functions are __host__ __device__ without a word in CUDA. Such factories are tuned where the host calls
// them; in code for the device they are the default config.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda -fsyntax-only -Wall -Wextra -Werror %s
// RUN: %clangxx %plugin %cuda --cuda-host-only -S -emit-llvm %s -o - | FileCheck --check-prefix=HOST %s
// RUN: %clangxx %plugin %cuda --cuda-device-only -S -emit-llvm %s -o - | FileCheck --check-prefix=DEVICE %s
// HOST: define {{.*}}use{{.*}}
// HOST: call {{.*}}__tl_dispatch_
// DEVICE-NOT: __tl_dispatch_

#include <tl/autotune.h>

struct config {
  int width = 1;
};
template <config C = config{}> [[tl::autotune({.width = 2})]] constexpr int blocks(int n) { return n * C.width; }
template <config C = config{}> [[tl::autotune({.width = 2})]] __host__ __device__ int written(int n) { return n + C.width; }
int use(int n) { return blocks(n) + written(n); }
static_assert(blocks(3) == 3);
__global__ void kernel(int *x) { *x = blocks(*x) + written(*x); }
__host__ __device__ int both(int n) { return blocks(n) + written(n); }
