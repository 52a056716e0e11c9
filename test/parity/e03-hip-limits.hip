// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launch descriptions compile and link for HIP. On a machine without an AMD device the launch throws,
// and says why.
//
// REQUIRES: hip
// RUN: %clangxx -O2 %hip %s -o %t %hiplibs
// RUN: %if amd-gpu %{ %t | %filecheck %s --check-prefix=RAN %} %else %{ %t | FileCheck %s --check-prefix=THREW %}
// RAN: right
// THREW: {{hipErrorInvalidDevice|hipErrorNoDevice}}

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include <cstdio>
#include <exception>

__global__ void add_one(int n, int *data) {
  const int i = static_cast<int>(threadIdx.x);
  if (i < n)
    data[i] += 1;
}

using launch = tl::kernel<void(tl::inout<int>)>;

int main() {
  int *data = nullptr;
  int host = 41;
  try {
    tl::detail::check_call("hipMalloc", hipMalloc(reinterpret_cast<void **>(&data), sizeof *data));
    tl::detail::check_call("hipMemcpy", hipMemcpy(data, &host, sizeof host, hipMemcpyHostToDevice));
    launch(add_one, 1).grid(1).block(64).shared(1024)(data);
    tl::detail::check_call("hipMemcpy", hipMemcpy(&host, data, sizeof host, hipMemcpyDeviceToHost));
    std::puts(host == 42 ? "right" : "wrong");
  } catch (const std::exception &error) {
    std::puts(error.what());
  }
}
