// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `compilers = {...}`: each config is a variant for each compiler. A variant of another compiler
// than the command's own is a copy of all that leads to a kernel's address, with addresses that are
// registered with that compiler's device code.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda -c %s -o %t.o 2> %t.err
// RUN: FileCheck %s --check-prefix=LEFT --input-file=%t.err "--implicit-check-not={{(warning|error):}}"
// RUN: %clangxx -I%cuda_path/include -x c++ %S/Inputs/registrations.cpp -c -o %t.cudart.o
// RUN: %clangxx %t.o %t.cudart.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s
//
// Without optimisation, with debug information, in shards, with nvcc as the command's own.
// RUN: %clangxx -O0 -g %plugin %cuda -DFEW -c %s -o %t.o 2> /dev/null
// RUN: %clangxx %t.o %t.cudart.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s --check-prefix=FEW
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-shard=0/2 -DFEW -c %s -o %t.0.o 2> /dev/null
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-shard=1/2 -DFEW -c %s -o %t.1.o 2> /dev/null
// RUN: %clangxx %t.0.o %t.1.o %t.cudart.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s --check-prefix=SHARDS
// RUN: %tl_nvcc %clangxx -O1 %plugin %cuda -DFEW -DNVCC_FITS -c %s -o %t.o 2>&1 | FileCheck %s --check-prefix=QUIET --allow-empty
// RUN: %clangxx %t.o %t.cudart.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s --check-prefix=NVCC
//
// All of it is in the configs' texts and in the fingerprint.
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-dump --cuda-host-only -fsyntax-only %s 2>&1 | FileCheck %s --check-prefix=DUMP
// RUN: %clangxx -O1 %plugin %cuda -fplugin-arg-tl-dump=fingerprint --cuda-host-only -fsyntax-only %s 2>&1 | FileCheck %s --check-prefix=PRINT
//
// A compiler that makes nothing costs its variants and nothing else.
// RUN: %clangxx -O1 %plugin %cuda -c %s -DWRONG -o %t.o 2> %t.err
// RUN: FileCheck %s --check-prefix=WRONG --input-file=%t.err "--implicit-check-not={{(warning|error):}}"
// RUN: %clangxx %t.o %t.cudart.o -Wl,--wrap=tl_rt_absent %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s --check-prefix=FIRST
//
// What ptxas refuses is the affair of the variants that launch it, on several architectures.
// RUN: %clangxx -O1 %plugin %cuda --cuda-gpu-arch=sm_80 -DLARGE -c %s -o %t.o 2> %t.err
// RUN: FileCheck %s --check-prefix=LARGE --input-file=%t.err "--implicit-check-not={{(warning|error):}}"
// RUN: %clangxx %t.o %t.cudart.o -Wl,--wrap=tl_rt_absent %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s --check-prefix=REFUSED
//
// The installed package has what it takes.
// RUN: rm -rf %t.prefix && cmake --install %binary_dir --prefix %t.prefix > %t.log
// RUN: %clangxx -O1 -Werror -fplugin=$(find %t.prefix -name libtlplugin.so) %cuda -DFEW -DNVCC_FITS -c %s -o %t.o

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct config {
  int threads = 128;
  int items = 1;
};

template <config C> __device__ float twice(float x) {
#if defined __NVCC__ && !defined NVCC_FITS && !defined LARGE
  static_assert(C.items != 3, "three is too many");
#endif
  return 2 * x;
}

template <config C> __global__ void scale(int n, const float *x, float *y) {
#if defined __NVCC__ && defined LARGE
  __shared__ float copy[C.items == 3 ? 20000 : C.items * C.threads];
#else
  __shared__ float copy[C.items * C.threads];
#endif
  for (int k = 0; k < C.items; ++k) {
    const int i = (blockIdx.x * C.items + k) * C.threads + threadIdx.x;
    copy[k * C.threads + threadIdx.x] = i < n ? twice<C>(x[i]) : 0;
    if (i < n)
      y[i] = copy[k * C.threads + threadIdx.x];
  }
}

// What is static in a function is each copy's own, as it is each specialisation's.
template <config C> void launch(int n, const float *x, float *y) {
  static const bool prepared =
      cudaFuncSetAttribute(reinterpret_cast<const void *>(scale<C>),
                           cudaFuncAttributeMaxDynamicSharedMemorySize, 1000) == cudaSuccess;
  using kernel = void (*)(int, const float *, float *);
  static constexpr kernel table[] = {nullptr, scale<C>};
  if (prepared)
    table[n > 0]<<<(n + C.threads * C.items - 1) / (C.threads * C.items), C.threads>>>(n, x, y);
}

#ifdef NVCC_FITS
#define OTHER ".by_clang"
#else
#define OTHER ".by_nvcc"
#endif

#ifdef WRONG
#define COMPILERS {tl::clang(), tl::nvcc("--no-such-option")}
#elif defined FEW || defined LARGE
#define COMPILERS {tl::clang(), tl::nvcc()}
#else
#define COMPILERS {tl::clang(), tl::nvcc(), tl::nvcc("--maxrregcount=32"), tl::clang("-O2")}
#endif

// LEFT: warning: 1 of 2 variants of 'factory' by nvcc are left out, such as 'threads=128,items=3,compiler=nvcc': compilers.cu({{[0-9]+}}): static assertion failed with "three is too many" [-Wbackend-plugin]
// LEFT: warning: 1 of 2 variants of 'factory' by nvcc(--maxrregcount=32) are left out, such as 'threads=128,items=3,compiler=nvcc(--maxrregcount=32)':
// WRONG: warning: 2 of 2 variants of 'factory' by nvcc(--no-such-option) are left out, such as 'threads=128,items=1,compiler=nvcc(--no-such-option)': nvcc fatal   : Unknown option
template <config C = config{}>
[[tl::autotune({.items = 1}, {.items = 3}, compilers = COMPILERS)]]
void factory(int n, const float *x, float *y) {
  launch<C>(n, x, y);
}

// QUIET-NOT: warning

// DUMP: 8 variants, default 'threads=128,items=1,compiler=clang'
// DUMP: compiler=nvcc(--maxrregcount=32)

// PRINT-DAG: flag compiler clang
// PRINT-DAG: flag compiler nvcc: nvcc {{[0-9.]+}} sm_90
// PRINT-DAG: flag compiler nvcc(--maxrregcount=32): nvcc {{[0-9.]+}} sm_90 --maxrregcount=32
// PRINT-DAG: flag compiler clang(-O2): {{.*}}clang version {{.*}} sm_90 -O2

#define COPY(name, items, by)                                                                      \
  void name(int, const float *, float *) asm("_Z7factoryIXtl6configLi128ELi" #items                \
                                             "EEEEviPKfPf" by)
COPY(own, 1, "");
COPY(by_other, 1, OTHER);
COPY(three, 3, ".by_clang_8da690f0ff56491e");

// The default config, by the first compiler: of the command's own device code.
// FIRST-COUNT-2: absent, a function: did not compile and was left out: nvcc(--no-such-option): nvcc fatal
// FIRST: attribute of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// FIRST-NEXT: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
//
// CHECK: attribute of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// CHECK-NEXT: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// CHECK-NEXT: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// CHECK-NEXT: attribute of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 2
// CHECK-NEXT: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 2
// CHECK-NEXT: attribute of _Z5scaleIXtl6configLi128ELi3EEEEviPKfPf from image 4
// CHECK-NEXT: launch of _Z5scaleIXtl6configLi128ELi3EEEEviPKfPf from image 4
//
// FEW: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// FEW: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 2
//
// LARGE: warning: 1 of 2 variants of 'factory' by nvcc are left out, such as 'threads=128,items=3,compiler=nvcc': ptxas: Entry function '_Z5scaleIXtl6configLi128ELi3EEEEviPKfPf' uses too much shared data
// REFUSED-COUNT-1: absent, a function: did not compile and was left out: nvcc: ptxas: Entry function
// REFUSED-NOT: absent
// REFUSED: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// REFUSED: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 2
//
// SHARDS: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// SHARDS: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 2
//
// The first compiler is another one now.
// NVCC: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 2
// NVCC-NEXT: attribute of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// NVCC-NEXT: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 1
// NVCC-NEXT: launch of _Z5scaleIXtl6configLi128ELi1EEEEviPKfPf from image 2
int main() {
  factory(1, nullptr, nullptr);
#ifndef WRONG
  own(1, nullptr, nullptr);
  by_other(1, nullptr, nullptr);
#if !defined FEW && !defined LARGE
  three(1, nullptr, nullptr);
#endif
#endif
}
