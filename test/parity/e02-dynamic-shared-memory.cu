// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E2, dynamic shared memory: the attribute is set once for each kernel and device, and only above what needs
// none; launches after the first ask the device nothing. Over the device's limit a variant is infeasible, with the
// numbers, and is not launched, by a session either.
//
// REQUIRES: cuda
// The plugin knows that limit, too (cuda/legality_each.cu); here it is the runtime's turn.
// RUN: %clangxx -O2 %cuda %plugin -fplugin-arg-tl-legality=off %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: 32 KiB: 0 attribute calls in 5 launches, right
// CHECK: 100 KiB: 1 attribute calls in 5 launches, right
// CHECK: 96 KiB of the same kernel: 0 attribute calls in 5 launches, right
// CHECK: questions asked by the last 4 launches: 0
// CHECK: infeasible: needs 1048576 bytes of dynamic and 16 bytes of static shared memory in a block, the device allows {{[0-9]+}} bytes
// CHECK: session: KiB=32 measured, KiB=1024 infeasible: needs 1048576 bytes of dynamic

#include <cuda_runtime.h>

static int attribute_calls = 0, questions = 0;
static cudaError_t counted_set(const void *function, cudaFuncAttribute attribute, int value) {
  ++attribute_calls;
  return cudaFuncSetAttribute(function, attribute, value);
}
static cudaError_t counted_get(cudaFuncAttributes *to, const void *function) {
  ++questions;
  return cudaFuncGetAttributes(to, function);
}
// What the headers call from here on.
#define cudaFuncSetAttribute counted_set
#define cudaFuncGetAttributes counted_get
#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

__global__ void stage(int n, const int *from, int *to) {
  extern __shared__ int staged[];
  __shared__ int extra[4];
  extra[threadIdx.x % 4] = 1;
  staged[threadIdx.x] = from[threadIdx.x];
  __syncthreads();
  if (threadIdx.x < static_cast<unsigned>(n))
    to[threadIdx.x] = staged[n - 1 - static_cast<int>(threadIdx.x)] + extra[threadIdx.x % 4];
}

using launch = tl::kernel<void(tl::in<int>, tl::out<int>)>;
struct config {
  int KiB = 32;
};
template <config C = config{}>
TL_AUTOTUNE({.KiB = 32}, {.KiB = 1024}, supply = tl::supply::integer, timeout = 20, warmup = 1, rep = 6)
launch reverse(int n) {
  return launch(&stage, n).grid(1).block(128).shared(std::size_t(C.KiB) << 10).template extent<0>(n).template extent<1>(n);
}

int main() {
  constexpr int n = 128;
  std::vector<int> host(n);
  for (int i = 0; i < n; ++i)
    host[static_cast<std::size_t>(i)] = i;
  int *from = nullptr, *to = nullptr;
  cudaMalloc(&from, n * sizeof(int)), cudaMalloc(&to, n * sizeof(int));
  cudaMemcpy(from, host.data(), n * sizeof(int), cudaMemcpyHostToDevice);
  const auto report = [&](const char *name, std::size_t bytes) {
    const launch described = launch(&stage, n).grid(1).block(n).shared(bytes);
    attribute_calls = 0;
    for (int i = 0; i < 5; ++i) {
      if (i == 1)
        questions = 0;
      described(tl::in<int>(from, n), tl::out<int>(to, n));
    }
    std::vector<int> result(n);
    cudaMemcpy(result.data(), to, n * sizeof(int), cudaMemcpyDeviceToHost);
    std::printf("%s: %d attribute calls in 5 launches, %s\n", name, attribute_calls, result[0] == n && result[n - 1] == 1 ? "right" : "wrong");
  };
  report("32 KiB", 32 << 10);
  report("100 KiB", 100 << 10);
  report("96 KiB of the same kernel", 96 << 10);
  std::printf("questions asked by the last 4 launches: %d\n", questions);
  try {
    launch(&stage, n).grid(1).block(n).shared(1 << 20)(tl::in<int>(from, n), tl::out<int>(to, n));
    std::puts("launched");
  } catch (const tl::infeasible &why) {
    std::printf("infeasible: %s\n", why.what());
  }
  const tl::tuning_result found = tl::tuner(&reverse<>).run(n);
  const tl::trial_result *fits = found.trial("KiB=32"), *large = found.trial("KiB=1024");
  std::printf("session: KiB=32 %s, KiB=1024 %s: %s\n", fits ? fits->status.c_str() : found.failure.c_str(),
              large ? large->status.c_str() : "", large ? large->reason.c_str() : "");
}
