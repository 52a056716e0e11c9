// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A11, several devices: a problem is tuned once for all devices of one model, and each device that the program
// uses gets its launches; a handle belongs to the device that was current when it was made. (How devices share the
// trials: cuda/several_devices.cu.)
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// RUN: %if nvidia-gpu %{ %sql "select count(*) = count(distinct device_id) from problems" | FileCheck %s --check-prefix=ONCE %}
// CHECK: {{[0-9]+}} devices, all right: 1, models tuned more than once: 0
// ONCE: 1

#include <tl/autotune.h>

#include <cuda_runtime.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int threads = 64;
};
__global__ void increment(int n, int *data) {
  if (const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n)
    data[i] += 1;
}
using launch = tl::kernel<void(tl::inout<int>)>;
template <config C = config{}>
TL_AUTOTUNE({.threads = 64}, {.threads = 256}, supply = tl::supply::integer, timeout = 20, warmup = 1, rep = 6)
launch incremented(int n) {
  return launch(&increment, n)
      .grid(static_cast<unsigned>((n + C.threads - 1) / C.threads))
      .block(C.threads)
      .template extent<0>(n);
}

int main() {
  constexpr int n = 1000;
  int devices = 0, repeated = 0;
  bool right = cudaGetDeviceCount(&devices) == cudaSuccess;
  std::map<std::string, std::string> winners;
  for (int device = 0; device < devices; ++device) {
    cudaDeviceProp properties{};
    right = right && cudaSetDevice(device) == cudaSuccess && cudaGetDeviceProperties(&properties, device) == cudaSuccess;
    int *data = nullptr;
    std::vector<int> host(n, device);
    cudaMalloc(&data, n * sizeof(int));
    cudaMemcpy(data, host.data(), n * sizeof(int), cudaMemcpyHostToDevice);
    launch run = incremented(n);
    run(tl::inout<int>(data, n));
    cudaMemcpy(host.data(), data, n * sizeof(int), cudaMemcpyDeviceToHost);
    right = right && host == std::vector<int>(n, device + 1);
    const auto [known, fresh] = winners.emplace(properties.name, run.config());
    repeated += !fresh && known->second != run.config();
  }
  std::printf("%d devices, all right: %d, models tuned more than once: %d\n", devices, right, repeated);
}
