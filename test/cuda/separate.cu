// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two annotated files compiled on their own, for two architectures at once, and linked: a factory that both
// call has one dispatcher and one set of winners. The same as relocatable device code, where one file's
// kernels call a device function of the other.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda --offload-arch=sm_80 -c %s -o %t.1.o
// RUN: %clangxx -O1 %plugin %cuda --offload-arch=sm_80 -c %S/Inputs/separate_other.cu -o %t.2.o
// RUN: %clangxx %t.1.o %t.2.o -o %t %runtime_static %cudalibs
// RUN: %python %S/Inputs/cubins.py %t | %filecheck --check-prefix=FATBIN %s
// RUN: llvm-nm -C %t | grep __tl_dispatch | %filecheck --check-prefix=SYMBOLS %s
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
//
// RUN: %clangxx -O1 %plugin %cuda -fgpu-rdc -DWITH_RDC -c %s -o %t.1.o
// RUN: %clangxx -O1 %plugin %cuda -fgpu-rdc -DWITH_RDC -c %S/Inputs/separate_other.cu -o %t.2.o
// RUN: %clangxx %cudalink -fgpu-rdc %t.1.o %t.2.o -o %t.rdc %runtime_static %cudalibs
// RUN: %python %S/Inputs/cubins.py %t.rdc | %filecheck --check-prefix=RDC %s
// RUN: %if nvidia-gpu %{ %t.rdc | %filecheck %s %}

#include "Inputs/separate.h"

#include <cstdio>
#include <vector>

int main() {
  const int n = 1 << 20;
  float *x = nullptr;
  cudaStream_t stream;
  cudaMalloc(&x, n * sizeof(float));
  cudaStreamCreate(&stream);
  std::vector<float> host(n), after(n);
  for (int i = 0; i < n; ++i)
    host[i] = static_cast<float>(i % 100);
  cudaMemcpy(x, host.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  add(n, {x, static_cast<std::size_t>(n)}, 1.0f, stream); // 2 x + 1
  other(n, x, stream);                                    // 2 (2 (2 x + 1) + 3)
  cudaStreamSynchronize(stream);
  cudaMemcpy(after.data(), x, n * sizeof(float), cudaMemcpyDeviceToHost);
  int wrong = 0;
  for (int i = 0; i < n; ++i)
    wrong += after[i] != 2 * (2 * (2 * host[i] + 1) + 3);
  std::printf("%d wrong, %s\n", wrong, cudaGetErrorString(cudaGetLastError()));
  // CHECK: 0 wrong, no error
}

// FATBIN: sm_80: 3 functions: {{.*add_kernel.*128.*add_kernel.*256.*add_kernel.*64}}
// FATBIN: sm_80: 6 functions: {{.*add_kernel.*scale_kernel.*128.*scale_kernel.*512.*scale_kernel.*64}}
// FATBIN: sm_90: 3 functions:
// FATBIN: sm_90: 6 functions:

// RDC: sm_90: 7 functions: {{.*add_kernel.*scale_kernel.*twice}}
// RDC-NOT: sm_

// The dispatcher of `add` is there once; that of `scale` is its file's own.
// SYMBOLS-DAG: W __tl_dispatch_{{[0-9a-f]+}}(int, tl::inout<float>, float, CUstream_st*)
// SYMBOLS-DAG: t __tl_dispatch_{{[0-9a-f]+}}(int, tl::inout<float>, CUstream_st*)
