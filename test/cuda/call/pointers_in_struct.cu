// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A parameter block with device pointers, by reference, by value, and in a launch description: its buffers are buffers
// like any other. Trials run in a worker on copies of them, results are compared by the elements' type, and a variant
// that writes past the end or leaves a part out loses.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %t 2>&1 | FileCheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

struct block {
  int n;
  const float *x;
  float *y;
  double *sum;
};
/// 0: right, slow. 1: leaves the last elements out, more than the tolerance lets differ. 2: writes past the end. 3: right, rounds differently.
struct config {
  int mode = 0;
};
constexpr auto space = tl::space<config>().axis(&config::mode, {0, 1, 2, 3});

template <config C> __global__ void kernel(block p) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if constexpr (C.mode == 0)
    __nanosleep(20000);
  if constexpr (C.mode == 3)
    __nanosleep(8000);
  if (i < p.n - (C.mode == 1 ? 5000 : 0))
    p.y[i] += p.x[i] + (C.mode == 3 ? 1.000001f : 1);
  if (C.mode == 2 && i == 0)
    p.y[1 << 18] = 1;
  if (i == 0)
    *p.sum = p.n;
}
static int ran;
template <config C = config{}>
[[tl::autotune(configs = space, rep = 20, warmup = 1)]]
void by_reference(block &p, cudaStream_t stream) {
  ran = C.mode;
  kernel<C><<<(p.n + 127) / 128, 128, 0, stream>>>(p);
}
template <config C = config{}>
[[tl::autotune(configs = space, rep = 20, warmup = 1)]]
void by_value(block p, cudaStream_t stream) {
  ran = C.mode;
  kernel<C><<<(p.n + 127) / 128, 128, 0, stream>>>(p);
}
template <config C = config{}>
[[tl::autotune(configs = space, rep = 20, warmup = 1, profiler = tl::profiler::graph)]]
void in_graphs(const block &p, cudaStream_t stream) {
  ran = C.mode;
  kernel<C><<<(p.n + 127) / 128, 128, 0, stream>>>(p);
}
template <config C = config{}>
[[tl::autotune(configs = space, rep = 20, warmup = 1)]]
tl::kernel<void(block)> described(int n) {
  return tl::kernel<void(block)>(&kernel<C>).grid((n + 127) / 128).block(128);
}

template <class Call> static void see(const char *name, Call call) {
  const int n = 100000, room = 1 << 18;
  float *x, *y;
  double *sum;
  if (cudaMalloc(&x, 4 * room) || cudaMalloc(&y, 4 * room) || cudaMalloc(&sum, 8))
    return;
  std::vector<float> h(room, 2.f);
  cudaMemcpy(x, h.data(), 4 * room, cudaMemcpyHostToDevice);
  cudaMemcpy(y, h.data(), 4 * room, cudaMemcpyHostToDevice);
  block p{n, x, y, sum};
  call(p);
  cudaMemcpy(h.data(), y, 4 * room, cudaMemcpyDeviceToHost);
  double total = 0;
  cudaMemcpy(&total, sum, 8, cudaMemcpyDeviceToHost);
  int wrong = total != n;
  for (int i = 0; i < room; ++i)
    wrong += !(h[i] > (i < n ? 4.99f : 1.99f) && h[i] < (i < n ? 5.01f : 2.01f));
  std::printf("%s: ran %d, %d wrong, %s\n", name, ran, wrong, cudaGetErrorString(cudaGetLastError()));
  cudaFree(x), cudaFree(y), cudaFree(sum);
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  see("by reference", [](block &p) { by_reference(p, nullptr); });
  see("by value", [](block &p) { by_value(p, nullptr); });
  cudaStream_t stream;
  cudaStreamCreate(&stream);
  see("in graphs", [&](block &p) { in_graphs(p, stream); cudaStreamSynchronize(stream); });
  see("described", [](block &p) { ran = 0, described(p.n)(p); });
}

// CHECK-NOT: inside the program
// CHECK: by reference: ran 3, 0 wrong, no error
// CHECK: by value: ran 3, 0 wrong, no error
// CHECK: in graphs: ran 3, 0 wrong, no error
// CHECK: described: ran {{[0-3]}}, 0 wrong, no error
