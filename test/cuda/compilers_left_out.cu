// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants of several compilers, where a config does not compile for Clang and the build leaves it out, and where the build has
// only what is baked: a winner by another compiler than the command's own.
//
// REQUIRES: cuda
// RUN: %drop_failed %clangxx -O1 %plugin %cuda -DTHREE -c %s -o %t.o 2> %t.err
// RUN: FileCheck %s --check-prefix=DROPPED --input-file=%t.err --implicit-check-not="by {{clang|nvcc}}"
// RUN: llvm-nm %t.o | FileCheck %s --check-prefix=LEFT
//
// RUN: %clangxx -O1 %plugin %cuda --cuda-host-only -fsyntax-only -fplugin-arg-tl-dump=fingerprint %s 2>&1 | sed -n 's/.*fingerprint of.* \([0-9a-f]\{32\}\).*/\1/p' > %t.fingerprint
// RUN: sed -n 's|^// WINNERS: *||p' %s | sed "s/FINGERPRINT/$(cat %t.fingerprint)/; s/^winner/    winner/" > %t.winners.tl
// RUN: %clangxx -O1 -Werror %plugin %cuda -fplugin-arg-tl-use=%t.winners.tl -c %s -o %t.o
// RUN: llvm-nm %t.o | FileCheck %s --check-prefix=BAKED
//
// WINNERS: tl-winners 1
// WINNERS: factory _Z7factoryIXtl6configLi1EEEEviPf
// WINNERS: name factory
// WINNERS: fingerprint FINGERPRINT
// WINNERS: default items=1,compiler=clang
// WINNERS: device cold "backend=cuda;model=NVIDIA H200;cc=9.0;multiprocessors=132;memory_gib=140;power_w=700;driver=580.159.04;cuda=13.0"
// WINNERS: winner n=1 items=2,compiler=nvcc 2.870ms 2026-11-30 "a=256"

#include <tl/autotune.h>

struct config {
  int items = 1;
};
template <config C> __global__ void work(int n, float *y) {
#ifdef THREE
  static_assert(C.items != 3, "no three");
#endif
  y[threadIdx.x] = C.items;
}

// One function for the config that did not compile, for both compilers' variants.
// DROPPED: warning: 1 of 9 variants of 'factory' did not compile and is left out: 'items=3,compiler=clang'
// LEFT-DAG: W _Z7factoryIXtl6configLi3EEEEviPf{{$}}
// LEFT-DAG: W _Z7factoryIXtl6configLi2EEEEviPf.by_nvcc
// LEFT-DAG: W _Z7factoryIXtl6configLi2EEEEviPf.by_clang_
// LEFT-DAG: W _Z7factoryIXtl6configLi2EEEEviPf{{$}}

// The function that the winner is a copy of is not left in the object.
// BAKED-DAG: W _Z7factoryIXtl6configLi1EEEEviPf{{$}}
// BAKED-DAG: W _Z7factoryIXtl6configLi2EEEEviPf.by_nvcc
// BAKED-NOT: _Z7factoryIXtl6configLi{{[23]}}EEEEviPf{{$}}
// BAKED-NOT: _Z7factoryIXtl6configLi{{[13]}}EEEEviPf.by_nvcc
template <config C = config{}>
[[tl::autotune({.items = 1}, {.items = 2}, {.items = 3}, compilers = {tl::clang(), tl::nvcc(), tl::clang("-O2")})]]
void factory(int n, float *y) {
  work<C><<<1, 32>>>(n, y);
}
void use() { factory(1, nullptr); }
