// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An error in a variant's device code is reported once, though the host and two device passes see it, and a
// note names the config.
//
// REQUIRES: cuda
// RUN: not %clangxx %plugin %cuda --offload-arch=sm_80 -c %s -o %t.o 2> %t.err
// RUN: FileCheck %s --implicit-check-not=error: < %t.err

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int block = 64;
};
constexpr config configs_of_all[] = {{64}, {128}};

// CHECK: error: no matching function for call to 'host_only'
// CHECK: note: in the variant of 'launch' for config 'block=128'
// CHECK: 1 error generated when compiling for sm_{{[0-9]+}}
void host_only(int);
template <config C, class T> __global__ void kernel(T n) {
  if constexpr (C.block == 128)
    host_only(n);
}
template <config C = config{}> TL_AUTOTUNE(configs = configs_of_all) void launch(int n) {
  kernel<C, int><<<1, C.block>>>(n);
}
void use() { launch(100); }
