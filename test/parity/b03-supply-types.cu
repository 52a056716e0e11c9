// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inputs that are generated on a device are bit for bit those that are generated on the host, for
// every element type, kind and seed.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %cuda -I%source_dir -c %s -o %t.o
// RUN: %clangxx %t.o -o %t %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: 105 buffers, 0 differ

#include "runtime/supply/trial_inputs.h"

#include <tl/abi.h>

#include <cstdio>
#include <cstring>
#include <cuda_runtime.h>
#include <string>
#include <vector>

int main() {
  if (cudaFree(nullptr) != cudaSuccess)
    return 1;
  int buffers = 0, differ = 0;
  for (std::uint32_t element = TL_ELEMENT_BOOL; element <= TL_ELEMENT_E5M2; ++element)
    for (std::uint32_t kind = TL_SUPPLY_AUTO; kind <= TL_SUPPLY_ONE; ++kind) {
      constexpr std::uint64_t bytes = 80'000;
      const std::uint64_t seed = element * 1000 + kind;
      std::string error;
      const auto host = tl::rt::make_input_memory(TL_BACKEND_CPU, -1, bytes, element, kind, seed, error);
      const auto device = tl::rt::make_input_memory(TL_BACKEND_CUDA, 0, bytes, element, kind, seed, error);
      if (!host || !device) {
        std::puts(error.c_str());
        return 1;
      }
      std::vector<char> copy(bytes);
      if (cudaMemcpy(copy.data(), device->data(), bytes, cudaMemcpyDeviceToHost) != cudaSuccess)
        return 1;
      ++buffers;
      if (std::memcmp(copy.data(), host->data(), bytes) != 0) {
        ++differ;
        std::printf("element %u, kind %u differ\n", element, kind);
      }
    }
  std::printf("%d buffers, %d differ\n", buffers, differ);
}
