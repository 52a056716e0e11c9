// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A9, options for each config: a tunable reaches what the compiler decides for a kernel (launch bounds,
// unrolling, the cluster's size) and what each launch asks for (blocks, dynamic shared memory).
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin --cuda-device-only -S %s -o - | %filecheck %s --check-prefix=PTX
// The first variant: no unrolling, one block at most 128 threads; the second: 8 times, 256 threads, two blocks resident.
// PTX-LABEL: .entry _Z5scaleIXtl6configLi128ELi1ELi1EEEEviPf
// PTX: .maxntid 128
// PTX: .minnctapersm 1
// PTX-COUNT-1: st.global
// PTX-NOT: st.global
// PTX-LABEL: .entry _Z5scaleIXtl6configLi256ELi8ELi2EEEEviPf
// PTX: .maxntid 256
// PTX: .minnctapersm 2
// PTX-COUNT-8: st.global
//
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: threads=128,unroll=1,blocks=1 registers yes, launched 128 x 64 with 512 bytes
// CHECK: threads=256,unroll=8,blocks=2 registers yes, launched 256 x 4 with 1024 bytes
// CHECK: right

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cuda_runtime.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int threads = 128, unroll = 1, blocks = 1;
};

template <config C> __global__ void __launch_bounds__(C.threads, C.blocks) scale(int n, float *data) {
  extern __shared__ float staged[];
  const int first = static_cast<int>(blockIdx.x) * C.threads * C.unroll + static_cast<int>(threadIdx.x);
#pragma unroll
  for (int k = 0; k < C.unroll; ++k) {
    // Every block is full: n is a multiple of what it covers.
    staged[threadIdx.x] = data[first + k * C.threads];
    data[first + k * C.threads] = 2 * staged[threadIdx.x];
  }
}

using launch = tl::kernel<void(tl::inout<float>)>;
template <config C = config{}>
TL_AUTOTUNE({.threads = 128}, {.threads = 256, .unroll = 8, .blocks = 2}, timeout = 20)
launch doubled(int n) {
  return launch(&scale<C>, n)
      .grid(static_cast<unsigned>(n / (C.threads * C.unroll)))
      .block(C.threads)
      .shared(sizeof(float) * C.threads)
      .template extent<0>(n);
}

int main() {
  constexpr int n = 8192;
  const tl::tuning_result found = tl::tuner(&doubled<>).run(n);
  if (!found.ok())
    std::printf("failure: %s\n", found.failure.c_str());
  const auto report = [&](const launch &described, const char *name) {
    const tl::trial_result *trial = found.trial(name);
    const auto &c = described.described();
    std::printf("%s registers %s, launched %u x %u with %zu bytes\n", name,
                trial && trial->resources.find("\"registers\"") != std::string::npos ? "yes" : "no", c.block.x, c.grid.x,
                c.shared_bytes);
  };
  report(doubled<config{128, 1, 1}>(n), "threads=128,unroll=1,blocks=1");
  report(doubled<config{256, 8, 2}>(n), "threads=256,unroll=8,blocks=2");
  float *data = nullptr;
  std::vector<float> host(n, 3);
  cudaMalloc(&data, n * sizeof(float));
  cudaMemcpy(data, host.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  doubled(n)(tl::inout<float>(data, n));
  cudaMemcpy(host.data(), data, n * sizeof(float), cudaMemcpyDeviceToHost);
  std::puts(host == std::vector<float>(n, 6) ? "right" : "wrong");
}
