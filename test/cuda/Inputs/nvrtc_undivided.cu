// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CHECK: nvrtc_undivided.cu:1:1: warning: NVRTC is going to read this file as it is, with the host's code in it, of which it refuses most;

#include <tl/autotune.h>

struct config {
  int threads = 128;
};
template <config C> __global__ void kernel(float *y) { *y = C.threads; }

template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::nvrtc()})]]
void factory(int n, float *y) {
  kernel<C><<<1, 1>>>(y);
}

void caller() { factory(1, nullptr); }
