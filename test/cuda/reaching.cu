// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ways in which a call reaches the tuner on a device: with a stream, on the legacy and on the
// per-thread default stream, and while a stream is being captured, when nothing may be tuned. What the
// caller's in-place buffer holds afterwards is what one run leaves.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// RUN: %clangxx -O1 %plugin %cuda -DCUDA_API_PER_THREAD_DEFAULT_STREAM %s -o %t.per-thread -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ %t.per-thread | %filecheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

struct grow_config {
  int threads = 64;
};
constexpr auto grow_space = tl::space<grow_config>().axis(&grow_config::threads, {64, 128, 256, 512});

template <grow_config C> __global__ void grow_kernel(int n, float *x) {
  const int i = static_cast<int>(blockIdx.x) * C.threads + static_cast<int>(threadIdx.x);
  if (i < n)
    x[i] = 2 * x[i] + 1;
}

template <grow_config C = grow_config{}>
TL_AUTOTUNE(configs = grow_space, timeout = 10)
void grow(int n, float *x, cudaStream_t stream) {
  grow_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x);
}

template <grow_config C = grow_config{}>
TL_AUTOTUNE(configs = grow_space, timeout = 10)
void grow_by_default(int n, tl::inout<float> x) {
  grow_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads>>>(n, x.data());
}

static std::vector<float> start(int n, float *x) {
  std::vector<float> host(n);
  for (int i = 0; i < n; ++i)
    host[i] = static_cast<float>(i % 100);
  cudaMemcpy(x, host.data(), n * sizeof(float), cudaMemcpyHostToDevice);
  return host;
}

static const char *verdict(const std::vector<float> &before, const float *x) {
  std::vector<float> after(before.size());
  if (cudaDeviceSynchronize() != cudaSuccess ||
      cudaMemcpy(after.data(), x, after.size() * sizeof(float), cudaMemcpyDeviceToHost) != cudaSuccess)
    return "failed";
  for (std::size_t i = 0; i < before.size(); ++i)
    if (after[i] != 2 * before[i] + 1)
      return "wrong";
  return "right";
}

/// Works on the device of that number, 0 without one.
int main(int argc, char **argv) {
  cudaSetDevice(argc > 1 ? std::atoi(argv[1]) : 0);
  const int n = 1 << 20;
  float *x = nullptr;
  cudaStream_t stream;
  cudaMalloc(&x, n * sizeof(float));
  cudaStreamCreate(&stream);

  // Captured before anything is known: recorded once, nothing runs, nothing is tuned.
  std::vector<float> before = start(n, x);
  cudaGraph_t graph;
  cudaGraphExec_t ready;
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
  grow(n, x, stream);
  const cudaError_t ended = cudaStreamEndCapture(stream, &graph);
  std::size_t nodes = 0;
  cudaGraphGetNodes(graph, nullptr, &nodes);
  std::printf("capture: %s, %zu node\n", cudaGetErrorString(ended), nodes);
  cudaGraphInstantiate(&ready, graph, 0);
  cudaGraphLaunch(ready, stream);
  std::printf("replayed: %s\n", verdict(before, x));
  // CHECK: capture: no error, 1 node
  // CHECK-NEXT: replayed: right

  before = start(n, x);
  grow(n, x, stream);
  std::printf("first: %s\n", verdict(before, x));
  before = start(n, x);
  grow(n, x, stream);
  std::printf("second: %s\n", verdict(before, x));
  // CHECK-NEXT: first: right
  // CHECK-NEXT: second: right

  before = start(n, x);
  grow_by_default(n, {x, n});
  std::printf("default stream: %s\n", verdict(before, x));
  // CHECK-NEXT: default stream: right

  // Captured when the winner is known.
  before = start(n, x);
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
  grow(n, x, stream);
  cudaStreamEndCapture(stream, &graph);
  cudaGraphInstantiate(&ready, graph, 0);
  cudaGraphLaunch(ready, stream);
  std::printf("winner replayed: %s\n", verdict(before, x));
  // CHECK-NEXT: winner replayed: right
  std::printf("%s\n", cudaGetErrorString(cudaGetLastError()));
  // CHECK-NEXT: no error
}
