// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On which ways a variant may come to a launch, and that a copy for another compiler comes to one of
// that compiler's kernels on each of them; what cannot be copied is left out and said.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 -g %plugin %cuda -c %s -o %t.o 2> %t.err
// RUN: FileCheck %s --check-prefix=LEFT --input-file=%t.err "--implicit-check-not={{(warning|error):}}"
// RUN: %clangxx -I%cuda_path/include -x c++ %S/Inputs/registrations.cpp -c -o %t.cudart.o
// RUN: %clangxx %t.o %t.cudart.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s
// RUN: %clangxx -O0 %plugin %cuda -c %s -o %t.o 2> /dev/null
// RUN: %clangxx %t.o %t.cudart.o %runtime_static -pthread -ldl -o %t
// RUN: %t | FileCheck %s

#include <tl/autotune.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>

struct config {
  int threads = 128;
};
template <config C, class T> __global__ void fill(int n, T *y) {
  if (threadIdx.x < n)
    y[threadIdx.x] = C.threads;
}
using fill_function = void (*)(int, float *);

#define TUNED [[tl::autotune({.threads = 64}, compilers = {tl::clang(), tl::nvcc()})]]

// Virtual functions of a class that is the variant's, behind a pointer; what is thrown on the way.
struct base {
  virtual ~base() = default;
  virtual void go(float *) = 0;
};
template <config C> struct derived : base {
  explicit derived(fill_function function) : function(function) {}
  void go(float *y) override {
    if (!function)
      throw std::runtime_error("none");
    function<<<1, C.threads>>>(1, y);
  }
  fill_function function;
};
template <config C = config{}> TUNED void virtually(int n, float *y) {
  std::unique_ptr<base> it = std::make_unique<derived<C>>(n > 0 ? fill<C, float> : nullptr);
  try {
    it->go(y);
  } catch (const std::runtime_error &) {
    std::puts("thrown");
  }
}

// Closures, and a function object that hides its type.
template <config C = config{}> TUNED void closures(int n, float *y) {
  const auto inner = [=] { fill<C, double><<<1, C.threads>>>(n, reinterpret_cast<double *>(y)); };
  const std::function<void()> outer = [=] { inner(); };
  outer();
}

// Constants of a class, and of a function that is no template.
template <config C> struct table {
  static constexpr fill_function functions[] = {nullptr, fill<C, float>};
};
inline fill_function chosen(int which) {
  static constexpr fill_function functions[] = {fill<config{}, float>, fill<config{64}, float>};
  return functions[which];
}
template <config C = config{}> TUNED void constants(int n, float *y) {
  table<C>::functions[n]<<<1, 1>>>(n, y);
  chosen(C.threads == 64)<<<1, 1>>>(n, y);
}

// A launch that is made later, by what the variant returns.
template <config C = config{}> TUNED tl::kernel<void(int, float *)> lazily(int n) {
  return tl::kernel<void(int, float *)>(fill<C, float>).grid(n).block(C.threads);
}

// What cannot be.
template <config C> fill_function changing = fill<C, float>;
// LEFT-DAG: warning: 2 of 2 variants of 'by_variable' by nvcc are left out, such as 'threads=64,compiler=nvcc': the address of its kernel is in the variable '_Z8changing{{.*}}', of which there is only one
template <config C = config{}> TUNED void by_variable(int n, float *y) { changing<C><<<1, 1>>>(n, y); }
// LEFT-DAG: warning: 2 of 2 variants of 'nowhere' by nvcc are left out, such as 'threads=64,compiler=nvcc': it launches no kernel of this file
template <config C = config{}> TUNED void nowhere(int n, float *y) {}
namespace {
struct hidden_config {
  int threads = 128;
};
template <hidden_config C> __global__ void hidden(float *y) { *y = C.threads; }
// LEFT-DAG: warning: 2 of 2 variants of 'unnamed' by nvcc are left out, such as 'threads=64,compiler=nvcc': it has internal linkage, which no two compilers name alike
template <hidden_config C = hidden_config{}> TUNED void unnamed(int n, float *y) { hidden<C><<<1, C.threads>>>(y); }
} // namespace

void virtually_by_nvcc(int, float *) asm("_Z9virtuallyIXtl6configLi64EEEEviPf.by_nvcc");
void closures_by_nvcc(int, float *) asm("_Z8closuresIXtl6configLi64EEEEviPf.by_nvcc");
void constants_by_nvcc(int, float *) asm("_Z9constantsIXtl6configLi64EEEEviPf.by_nvcc");
tl::kernel<void(int, float *)> lazily_by_nvcc(int) asm("_Z6lazilyIXtl6configLi64EEEEN2tl6kernelIFviPfEEEi.by_nvcc");

int main() {
  // CHECK: launch of _Z4fillIXtl6configLi128EEEfEviPT0_ from image 1
  virtually(1, nullptr);
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi128EEEdEviPT0_ from image 1
  closures(1, nullptr);
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi128EEEfEviPT0_ from image 1
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi128EEEfEviPT0_ from image 1
  constants(1, nullptr);
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi128EEEfEviPT0_ from image 1
  lazily(1)(1, nullptr);
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi128EEEfEviPT0_ from image 1
  by_variable(1, nullptr);
  nowhere(1, nullptr);
  // CHECK-NEXT: launch of {{.*}}hidden{{.*}} from image 1
  unnamed(1, nullptr);

  // CHECK-NEXT: launch of _Z4fillIXtl6configLi64EEEfEviPT0_ from image 2
  // CHECK-NEXT: thrown
  virtually_by_nvcc(1, nullptr);
  virtually_by_nvcc(0, nullptr);
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi64EEEdEviPT0_ from image 2
  closures_by_nvcc(1, nullptr);
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi64EEEfEviPT0_ from image 2
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi64EEEfEviPT0_ from image 2
  constants_by_nvcc(1, nullptr);
  // CHECK-NEXT: launch of _Z4fillIXtl6configLi64EEEfEviPT0_ from image 2
  lazily_by_nvcc(1)(1, nullptr);
  // CHECK-NOT: {{.}}
}
