// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `compilers = {tl::nvrtc()}`: the program has the source of its kernels, and launches what NVRTC has made of it on the
// machine that it runs on. Clang makes the default config's kernels, and no others.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda -DSCALE=3 -c %s -o %t.o 2> %t.err
// RUN: FileCheck %s --check-prefix=LEFT --input-file=%t.err "--implicit-check-not={{(warning|error):}}"
// RUN: %clangxx -I%cuda_path/include -x c++ %S/Inputs/registrations.cpp -c -o %t.cudart.o
// RUN: %clangxx -I%source_dir -x c++ %S/Inputs/rtc_compile.cpp -c -o %t.compile.o
// RUN: %clangxx %t.o %t.cudart.o %t.compile.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s
//
// RUN: %clangxx -O1 %plugin %cuda -DSCALE=3 --cuda-device-only -S %s -o - | FileCheck %s --check-prefix=DEVICE
//
// Without optimisation, with debug information, in shards, with nvcc as the command's own.
// RUN: %clangxx -O0 -g %plugin %cuda -DSCALE=3 -c %s -o %t.o 2> /dev/null
// RUN: %clangxx %t.o %t.cudart.o %t.compile.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s
// RUN: %clangxx -O1 %plugin %cuda -DSCALE=3 -fplugin-arg-tl-shard=0/2 -c %s -o %t.0.o 2> /dev/null
// RUN: %clangxx -O1 %plugin %cuda -DSCALE=3 -fplugin-arg-tl-shard=1/2 -c %s -o %t.1.o 2> /dev/null
// RUN: %clangxx %t.0.o %t.1.o %t.cudart.o %t.compile.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s --check-prefix=SHARDS
// RUN: %tl_nvcc %clangxx -O1 %plugin %cuda -DSCALE=3 -DALL_NAMED -c %s -o %t.o 2> /dev/null
// RUN: %clangxx %t.o %t.cudart.o %t.compile.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s
//
// Two files may have one variant; the linker keeps one, and what tells of it.
// RUN: %clangxx -O1 %plugin %cuda -DSCALE=3 -DTWO -c %s -o %t.o 2> /dev/null
// RUN: %clangxx -O1 %plugin %cuda -DSCALE=3 -DTWO -Dmain=other_main -Wno-return-type -c %s -o %t.other.o 2> /dev/null
// RUN: %clangxx %t.o %t.other.o %t.cudart.o %t.compile.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s --check-prefix=TWO
//
// What -include names travels along.
// RUN: echo '#define FORCED 0' > %t.forced.h
// RUN: %clangxx -O1 %plugin %cuda -DSCALE=3 -DNEEDS_FORCED -include %t.forced.h -c %s -o %t.o 2> /dev/null
// RUN: rm %t.forced.h && %clangxx %t.o %t.cudart.o %t.compile.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s
//
// What the preprocessor leaves out for Clang, and NVRTC may read, is a part of the fingerprint.
// RUN: %clangxx %plugin %cuda -DSCALE=3 -fplugin-arg-tl-dump=fingerprint --cuda-host-only -fsyntax-only %s 2>&1 | FileCheck %s --check-prefix=PRINT
// RUN: %clangxx %plugin %cuda -DSCALE=3 -fplugin-arg-tl-dump=fingerprint --cuda-host-only -fsyntax-only %s 2>&1 | sed -n 's/.*fingerprint of factory: //p' > %t.here
// RUN: mkdir -p %t.copy/Inputs && cp %s %t.copy/nvrtc.cu && cp %S/Inputs/rtc_*.h %t.copy/Inputs
// RUN: %clangxx %plugin %cuda -DSCALE=3 -fplugin-arg-tl-dump=fingerprint --cuda-host-only -fsyntax-only %t.copy/nvrtc.cu 2>&1 | sed -n 's/.*fingerprint of factory: //p' > %t.there
// RUN: test -s %t.here && cmp %t.here %t.there
// RUN: sed -i 's/(x) + (x)/(x) + (x) + 0/' %t.copy/Inputs/rtc_header.h
// RUN: %clangxx %plugin %cuda -DSCALE=3 -fplugin-arg-tl-dump=fingerprint --cuda-host-only -fsyntax-only %t.copy/nvrtc.cu 2>&1 | sed -n 's/.*fingerprint of factory: //p' > %t.there
// RUN: test -s %t.there && not cmp -s %t.here %t.there
// RUN: cp %S/Inputs/rtc_header.h %t.copy/Inputs && echo '// more' >> %t.copy/Inputs/rtc_only.h
// RUN: %clangxx %plugin %cuda -DSCALE=3 -fplugin-arg-tl-dump=fingerprint --cuda-host-only -fsyntax-only %t.copy/nvrtc.cu 2>&1 | sed -n 's/.*fingerprint of factory: //p' > %t.there
// RUN: test -s %t.there && not cmp -s %t.here %t.there

#include "Inputs/rtc_header.h"
#ifdef __CUDACC_RTC__
#include "Inputs/rtc_only.h" // for nobody else
#else
constexpr int added = 0;
#endif

#include <tl/autotune.h>

using namespace tl::keywords; // known to NVRTC, too

namespace app {
struct config {
  int threads = 128;
  int items = 1;
};

template <class T, config C> __global__ void scale(int n, const T *x, T *y) {
#ifdef __CUDACC_RTC__
  static_assert(C.items != 3, "three is too many");
#endif
#ifdef NEEDS_FORCED
  const int i = blockIdx.x * C.threads + threadIdx.x + FORCED;
#else
  const int i = blockIdx.x * C.threads + threadIdx.x;
#endif
  if (i < n)
    y[i] = twice(x[i]) + C.items + added;
}
} // namespace app

#ifndef TWO // files, of which only one may define them
__global__ void plain(float *y) { *y = 0; }
extern "C" __global__ void c_linkage(float *y) { *y = 0; }
#endif
namespace {
template <int N> __global__ void hidden(float *y) { *y = N; }
} // namespace

#ifndef __CUDACC_RTC__
#include <cstdio>

template <app::config C = app::config{}>
[[tl::autotune({.items = 1}, {.items = 2}, {.items = 3}, compilers = {tl::nvrtc("--maxrregcount=64")})]]
void factory(int n, const float *x, float *y) {
#ifndef TWO
  plain<<<1, C.threads>>>(y);
  c_linkage<<<1, C.threads>>>(y);
#endif
  app::scale<float, C><<<1, C.threads>>>(n, x, y);
}

// LEFT: warning: 2 of 2 variants of 'unnamed' by nvrtc are left out, such as 'threads=128,items=1,compiler=nvrtc': it has internal linkage, which no two compilers name alike
template <app::config C = app::config{}>
[[tl::autotune({.items = 1}, {.items = 2}, compilers = {tl::nvrtc()})]]
void unnamed(int n, float *y) {
  hidden<C.items><<<1, 1>>>(y);
}

// DEVICE-NOT: .entry {{.*}}Li2E
// DEVICE: .entry {{.*}}scale{{.*}}Li128ELi1E
// DEVICE-NOT: .entry {{.*}}Li2E

// PRINT-DAG: flag compiler clang
// PRINT-DAG: flag compiler nvrtc(--maxrregcount=64)
// PRINT-DAG: skipped source {{[0-9a-f]+}}
// PRINT-DAG: skipped header Inputs/rtc_only.h {{[0-9a-f]+}}
// PRINT-DAG: skipped header Inputs/rtc_more.h {{[0-9a-f]+}}

void compile_all();

#define COPY(name, items, by)                                                                                          \
  void name(int, const float *, float *) asm("_Z7factoryIXtlN3app6configELi128ELi" #items "EEEEviPKfPf" by)
COPY(one, 1, ".by_nvrtc_34abcdcd6dfbf277");
COPY(two, 2, ".by_nvrtc_34abcdcd6dfbf277");

// The default config, of the program's own device code.
// CHECK: launch of _Z5plainPf from image 1
// CHECK-NEXT: launch of c_linkage from image 1
// CHECK-NEXT: launch of _ZN3app5scaleIfXtlNS_6configELi128ELi1EEEEEviPKT_PS2_ from image 1
// CHECK-NEXT: factory threads=128,items=1,compiler=nvrtc(--maxrregcount=64): compiled
// CHECK-NEXT: factory threads=128,items=2,compiler=nvrtc(--maxrregcount=64): compiled
// CHECK-NEXT: factory threads=128,items=3,compiler=nvrtc(--maxrregcount=64): did not compile: nvrtc.cu({{[0-9]+}}): error: static assertion failed with "three is too many"
// What two variants launch is registered once.
// CHECK-NEXT: launch of _Z5plainPf from image [[FIRST:[23]]]
// CHECK-NEXT: launch of c_linkage from image [[FIRST]]
// CHECK-NEXT: launch of {{.*}}scale{{.*}}Li128ELi1E{{.*}} from image [[ONE:[23]]]
// CHECK-NEXT: launch of _Z5plainPf from image [[FIRST]]
// CHECK-NEXT: launch of c_linkage from image [[FIRST]]
// CHECK-NEXT: launch of {{.*}}scale{{.*}}Li128ELi2E{{.*}} from image {{[23]}}
// CHECK-NOT: {{.}}
//
// SHARDS: factory threads=128,items=2,compiler=nvrtc(--maxrregcount=64): compiled
// SHARDS: launch of {{.*}}scale{{.*}}Li128ELi1E{{.*}} from image
// SHARDS: launch of {{.*}}scale{{.*}}Li128ELi2E{{.*}} from image
//
// TWO: factory threads=128,items=1,compiler=nvrtc(--maxrregcount=64): compiled
// TWO-NEXT: factory threads=128,items=2,compiler=nvrtc(--maxrregcount=64): compiled
// TWO-NEXT: factory threads=128,items=3,compiler=nvrtc(--maxrregcount=64): did not compile
// TWO: launch of {{.*}}scale{{.*}}Li128ELi1E{{.*}} from image {{[34]}}
// TWO: launch of {{.*}}scale{{.*}}Li128ELi2E{{.*}} from image {{[34]}}
int main(int argc, char **) {
#ifndef ALL_NAMED // as nvcc wants it of its own
  if (argc > 1)
    unnamed(1, nullptr);
#endif
  factory(1, nullptr, nullptr);
  compile_all();
  one(1, nullptr, nullptr);
  two(1, nullptr, nullptr);
}
#endif
