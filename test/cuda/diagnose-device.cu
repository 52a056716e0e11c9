// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors of CUDA sources, in the host pass and in the device pass.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda -ferror-limit=0 --cuda-host-only -fsyntax-only -Xclang -verify=both %s
// RUN: %clangxx %plugin %cuda -ferror-limit=0 --cuda-device-only -fsyntax-only -Xclang -verify=both %s

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int block = 64;
};
constexpr config configs_of_all[] = {{64}, {128}};
#define FACTORY template <config C = config{}> [[tl::autotune(configs = configs_of_all)]]

FACTORY __global__ void global_kernel(int) {} // both-error {{'tl::autotune' cannot tune the kernel 'global_kernel' itself; put it on the host function template that launches it}}
FACTORY __device__ void device(int) {} // both-error {{'tl::autotune' applies to host functions, and 'device' is a device function; put it on the host function template that launches the kernel}}

void host_only(int); // both-note {{candidate function not viable: call to __host__ function from __global__ function}}
template <config C, class T> __global__ void kernel(T n) {
  if constexpr (C.block == 128)
    host_only(T(n)); // both-error {{no matching function for call to 'host_only'}}
}
FACTORY void launch(int n) { kernel<C, int><<<1, C.block>>>(n); } // both-note {{in the variant of 'launch' for config 'block=128'}}
// both-note@-1 {{in instantiation of function template specialization 'launch<config{128}>' requested here}}
// both-note@-2 {{in instantiation of function template specialization 'kernel<config{128}, int>' requested here}}

void use() { launch(100); }
