// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is wrong with `compilers` is said at the option.
//
// REQUIRES: cuda
// RUN: not %clangxx %plugin %cuda --cuda-host-only -fsyntax-only %s 2>&1 | FileCheck %s "--implicit-check-not={{(warning|error):}}"
// RUN: not %clangxx %plugin %cuda --cuda-host-only -fsyntax-only -fgpu-rdc -DONE %s 2>&1 | FileCheck %s --check-prefix=RDC
// RUN: mkdir -p %t.temps && cd %t.temps && not %clangxx %plugin %cuda -save-temps -c -DONE %s -o %t.o 2>&1 | FileCheck %s --check-prefix=TEMPS
// RUN: not %clangxx %plugin -x c++ -fsyntax-only -DONE %s 2>&1 | FileCheck %s --check-prefix=CPU

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int threads = 128;
  bool operator==(const config &) const = default;
};
constexpr auto space = tl::space<config>().axis(&config::threads, {64, 128});

// RDC: error: option 'compilers' needs device code that is not linked later (-fgpu-rdc)
// TEMPS: error: option 'compilers' needs code generation and optimisation in one step, which -save-temps and -disable-llvm-passes keep apart
// CPU: error: option 'compilers' chooses who makes device code, and this file is compiled as C++
template <config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::clang(), tl::nvcc()})]]
void good(int n) {}

#ifndef ONE
// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' expects a list such as '{tl::clang(), tl::nvcc()}', found a value of type 'int'
template <config C = config{}>
[[tl::autotune(configs = space, compilers = 3)]]
void number(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' has 'nvcc(-G)' twice
template <config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::nvcc("-G"), tl::nvcc(" -G")})]]
void twice(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers': the compiler's options "-DX='(1)'" have characters other than letters, digits, spaces and "-_=.,+/:@%"
template <config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::clang(), tl::nvcc("-DX='(1)'")})]]
void characters(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' begins with 'nvrtc', which makes code at run time only; the first one's default config has to be there before
template <config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::nvrtc(), tl::clang()})]]
void late(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' has 'hiprtc', which makes code for AMD's devices, and this file is compiled as CUDA
template <config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::clang(), tl::hiprtc()})]]
void foreign(int n) {}

constexpr char options[] = "-G";
// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers': the options of a compiler are to be a string literal
template <config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::clang(), tl::nvcc(options)})]]
void array(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' cannot depend on template parameters
template <int N, config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::clang(), tl::nvcc(N > 1 ? "-G" : "")})]]
void dependent(int n) {}

// CHECK: :[[@LINE+2]]:{{.*}} error: option 'compilers' cannot be given for a space that is compiled on demand
template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(space), compilers = {tl::clang(), tl::nvcc()})]]
void demanded(int n) {}

__device__ int counter;
template <config C> __global__ void count() { ++counter; }
// CHECK: :[[@LINE+3]]:{{.*}} error: 'variable' uses the device's variable 'counter', of which the code of nvrtc(-O3) would have a copy of its own; with that compiler it needs to be an argument (an address)
// CHECK: note: variable declared here
template <config C = config{}>
[[tl::autotune(configs = space, compilers = {tl::clang(), tl::nvcc(), tl::nvrtc("-O3")})]]
void variable(int n) {
  count<C><<<1, C.threads>>>();
}

// CHECK: :1:1: warning: NVRTC is going to read this file as it is, with the host's code in it
void call() {
  dependent<1>(1);
  demanded(1);
  variable(1);
}
#endif
