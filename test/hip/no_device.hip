// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tuned HIP program on a machine without a device: the default config runs, so the program sees the
// very errors that it would see untuned, in each call of its own, and there is one line from us. With
// the runtime linked shared and static.
//
// REQUIRES: hip
// UNSUPPORTED: amd-gpu
// RUN: %clangxx -O1 -Wno-unknown-attributes %hip %s -o %t.plain %hiplibs
// RUN: %t.plain > %t.expected 2>&1
// RUN: FileCheck %s < %t.expected
// RUN: %clangxx -O1 %plugin %hip %s -o %t -x none %runtime_static %hiplibs
// RUN: %t > %t.out 2> %t.err
// RUN: diff %t.expected %t.out
// RUN: FileCheck %s --check-prefix=LINE < %t.err
// RUN: %clangxx -O1 %plugin %hip %s -o %t.shared -x none %runtime %hiplibs
// RUN: %t.shared > %t.out 2> %t.err
// RUN: diff %t.expected %t.out
// RUN: FileCheck %s --check-prefix=LINE < %t.err
//
// Nor is a trial asked for.
// RUN: env TL_TUNE=off %t > %t.out 2> %t.err
// RUN: diff %t.expected %t.out

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include <cstdio>

using namespace tl::keywords;

struct fill_config {
  int threads = 32;
};
constexpr auto fill_space = tl::space<fill_config>().axis(&fill_config::threads, {32, 64});

template <fill_config C> __global__ void fill_kernel(int n, float *x) {
  if (static_cast<int>(threadIdx.x) < n)
    x[threadIdx.x] = 1;
}

template <fill_config C = fill_config{}>
TL_AUTOTUNE(configs = fill_space)
hipError_t fill(int n, float *x, hipStream_t stream) {
  std::printf("runs with %d threads\n", C.threads);
  fill_kernel<C><<<1, C.threads, 0, stream>>>(n, x);
  return hipGetLastError();
}

// Nothing of the program's own has failed in it.
template <fill_config C = fill_config{}>
TL_AUTOTUNE(configs = fill_space)
hipError_t idle(int) {
  return hipPeekAtLastError();
}

int main() {
  std::printf("before: %s\n", hipGetErrorName(hipGetLastError()));
  std::printf("idle: %s\n", hipGetErrorName(idle(1)));
  std::printf("idle: %s\n", hipGetErrorName(idle(1)));
  std::printf("launch: %s\n", hipGetErrorName(fill(16, nullptr, nullptr)));
  std::printf("after: %s\n", hipGetErrorName(hipGetLastError()));
  std::printf("launch: %s\n", hipGetErrorName(fill(16, nullptr, nullptr)));
  int count = -1;
  std::printf("count: %s\n", hipGetErrorName(hipGetDeviceCount(&count)));
}

// Which error it is depends on HIP's version (5.2 answers hipGetLastError itself with one).
// CHECK: before: hip{{.*}}
// CHECK-NEXT: idle: hip{{.*}}
// CHECK-NEXT: idle: hip{{.*}}
// CHECK-NEXT: runs with 32 threads
// CHECK-NEXT: launch: {{hipErrorInvalidDevice|hipErrorNoDevice}}
// CHECK-NEXT: after: hip{{.*}}
// CHECK-NEXT: runs with 32 threads
// CHECK-NEXT: launch: {{hipErrorInvalidDevice|hipErrorNoDevice}}
// CHECK-NEXT: count: {{hipErrorInvalidDevice|hipErrorNoDevice}}

// LINE: tl: warning: idle{{.*}} runs its default config, and so does every function for such a device: the HIP runtime finds no device: hipInit answers hipError{{(NoDevice|InvalidDevice)}} ({{100|101}}){{.*}}
// LINE-NOT: {{.}}
