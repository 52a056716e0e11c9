// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is wrong with `compilers` in HIP sources is said at the option, and HIPRTC's source where it is.
//
// REQUIRES: hip
// RUN: not %clangxx %plugin %hip --cuda-host-only -fsyntax-only %s 2>&1 | FileCheck %s "--implicit-check-not={{(warning: .*[^]]$|error:)}}"
// RUN: not %clangxx %plugin %hip --cuda-host-only -fsyntax-only -fgpu-rdc -DONE %s 2>&1 | FileCheck %s --check-prefix=RDC
// RUN: %clangxx %plugin %hip -DONE -c %s -o %t.o 2>&1 | FileCheck %s --check-prefix=UNDIVIDED

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int threads = 128;
};
template <config C> __global__ void kernel(float *y) { *y = C.threads; }
template <class T> __global__ void of_type(float *y) { *y = sizeof(T); }

// RDC: error: option 'compilers' needs device code that is not linked later (-fgpu-rdc)
// UNDIVIDED: diagnose-compilers.hip:1:1: warning: HIPRTC is going to read this file as it is, with the host's code in it, of which it refuses most; put that between '#ifndef __HIPCC{{_}}RTC__' and '#endif'
template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::hiprtc()})]]
void good(int n, float *y) {
  kernel<C><<<dim3(1), dim3(1), 0, 0>>>(y);
}

// UNDIVIDED: warning: 2 of 2 variants of 'nameless' by hiprtc are left out, such as '{{.*}}': '(lambda at {{.*}})' is local to a function
template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::hiprtc()})]]
void nameless(int n, float *y) {
  auto f = [] {};
  of_type<decltype(f)><<<dim3(1), dim3(1), 0, 0>>>(y);
}

void caller() {
  good(1, nullptr);
  nameless(1, nullptr);
}

#ifndef ONE
// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' has 'nvrtc', which makes code for NVIDIA's devices, and this file is compiled as HIP
template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::nvrtc()})]]
void foreign(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' has 'nvcc(-G)', which makes code for NVIDIA's devices, and this file is compiled as HIP
template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::clang(), tl::nvcc("-G")})]]
void nvcc(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' has 'clang(-ffast-math)', and options of Clang's own for some variants are there for CUDA only; in HIP they are the command's, or HIPRTC's: tl::hiprtc("-ffast-math")
template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::clang(), tl::clang("-ffast-math")})]]
void options(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' begins with 'hiprtc', which makes code at run time only; the first one's default config has to be there before
template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::hiprtc(), tl::clang()})]]
void late(int n) {}
#endif
