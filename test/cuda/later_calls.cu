// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Later calls of a tuned problem on a device, whose facts are others than those of the call that was
// tuned: another alignment, a bias that was null, beta = 0 over NaN, overlapping buffers, sizes in a
// struct. What runs is right each time, and there is one session for each problem.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ %t 2>/dev/null | %filecheck %s %}
// CHECK: aligned: fast, right
// CHECK-NEXT: unaligned: default, right
// CHECK-NEXT: aligned: fast, right
// CHECK-NEXT: without bias: fast, right
// CHECK-NEXT: with bias: default, right
// CHECK-NEXT: without bias: fast, right
// CHECK-NEXT: beta 1: fast, right
// CHECK-NEXT: beta 0: default, right
// CHECK-NEXT: apart: fast, right
// CHECK-NEXT: overlapping: default, right
// CHECK-NEXT: in a struct, 1000: right
// CHECK-NEXT: in a struct, 65536: right
// CHECK-NEXT: captured, unaligned: default

#include <tl/autotune.h>

#include <cmath>
#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

static const char *ran = "nothing";

struct config {
  bool fast = false;
};

template <config C> static void note() { ran = C.fast ? "fast" : "default"; }

template <config C> __global__ void twice_kernel(int n, const float *x, float *y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if constexpr (C.fast) {
    if (i < n / 4) {
      const float4 v = reinterpret_cast<const float4 *>(x)[i];
      reinterpret_cast<float4 *>(y)[i] = make_float4(2 * v.x, 2 * v.y, 2 * v.z, 2 * v.w);
    }
  } else {
    __nanosleep(20000);
    if (i < n)
      y[i] = 2 * x[i];
  }
}
template <config C = config{}>
[[tl::autotune({.fast = true}, rep = 20, warmup = 1)]]
void twice(int n, const float *x, float *y, cudaStream_t stream) {
  twice_kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, y);
  note<C>();
}

template <config C> __global__ void add_kernel(int n, const float *x, const float *bias, float *y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if constexpr (!C.fast)
    __nanosleep(20000);
  if (i < n)
    y[i] = x[i] + (!C.fast && bias ? bias[i] : 0);
}
template <config C = config{}>
[[tl::autotune({.fast = true}, rep = 20, warmup = 1)]]
void add(int n, const float *x, const float *bias, float *y, cudaStream_t stream) {
  add_kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, bias, y);
  note<C>();
}

template <config C> __global__ void scale_kernel(int n, const float *x, float beta, float *y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if constexpr (!C.fast)
    __nanosleep(20000);
  if (i < n)
    y[i] = C.fast || beta != 0 ? x[i] + beta * y[i] : x[i];
}
template <config C = config{}>
[[tl::autotune({.fast = true}, rep = 20, warmup = 1)]]
void scale(int n, const float *x, float beta, float *y, cudaStream_t stream) {
  scale_kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, x, beta, y);
  note<C>();
}

/// One thread, in ascending or descending order.
template <config C> __global__ void shift_kernel(int n, const float *from, float *to) {
  for (int k = 0; k < n; ++k) {
    const int i = C.fast ? n - 1 - k : k;
    to[i] = from[i] + 1;
    if constexpr (!C.fast)
      __nanosleep(1000);
  }
}
template <config C = config{}>
[[tl::autotune({.fast = true}, rep = 20, warmup = 1)]]
void shift(int n, const float *from, float *to, cudaStream_t stream) {
  shift_kernel<C><<<1, 1, 0, stream>>>(n, from, to);
  note<C>();
}

struct params {
  int n;
  const float *x;
  float *y;
};
template <config C> __global__ void struct_kernel(params p) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < p.n)
    p.y[i] = p.x[i] + 1;
}
template <config C = config{}>
[[tl::autotune({.fast = true}, rep = 20, warmup = 1)]]
void of_struct(params p, cudaStream_t stream) {
  constexpr int threads = C.fast ? 256 : 64;
  struct_kernel<C><<<(p.n + threads - 1) / threads, threads, 0, stream>>>(p);
}

static std::vector<float> fetch(const float *from, int n) {
  std::vector<float> host(static_cast<std::size_t>(n));
  if (cudaDeviceSynchronize() != cudaSuccess ||
      cudaMemcpy(host.data(), from, n * sizeof(float), cudaMemcpyDeviceToHost) != cudaSuccess)
    host.assign(host.size(), std::nanf(""));
  return host;
}
static void put(float *to, float value, int n) {
  const std::vector<float> host(static_cast<std::size_t>(n), value);
  cudaMemcpy(to, host.data(), n * sizeof(float), cudaMemcpyHostToDevice);
}
static const char *all_are(const float *data, float value, int n) {
  for (const float it : fetch(data, n))
    if (it != value)
      return "wrong";
  return "right";
}

int main() {
  constexpr int n = 1 << 16;
  float *x, *y, *b;
  if (cudaMalloc(&x, 8 * n) || cudaMalloc(&y, 8 * n) || cudaMalloc(&b, 8 * n))
    return std::puts("no device"), 77;
  cudaStream_t stream;
  cudaStreamCreate(&stream);
  put(x, 3, 2 * n), put(b, 1, 2 * n);
  for (const int offset : {0, 1, 64}) {
    twice(n, x + offset, y + offset, stream);
    const char *right = all_are(y + offset, 6, n);
    std::printf("%s: %s, %s\n", offset == 1 ? "unaligned" : "aligned", ran, right);
  }
  for (const float *bias : {static_cast<const float *>(nullptr), static_cast<const float *>(b),
                            static_cast<const float *>(nullptr)}) {
    add(n, x, bias, y, stream);
    const char *right = all_are(y, bias ? 4 : 3, n);
    std::printf("%s bias: %s, %s\n", bias ? "with" : "without", ran, right);
  }
  for (const float beta : {1.0f, 0.0f}) {
    put(y, beta == 0 ? std::nanf("") : 5.0f, n);
    scale(n, x, beta, y, stream);
    const char *right = all_are(y, beta == 0 ? 3 : 8, n);
    std::printf("beta %g: %s, %s\n", static_cast<double>(beta), ran, right);
  }
  constexpr int few = 64;
  put(x, 3, 2 * n);
  shift(few, x + n, x, stream);
  const char *right = all_are(x, 4, few);
  std::printf("apart: %s, %s\n", ran, right);
  std::vector<float> host(few + 1);
  for (int i = 0; i <= few; ++i)
    host[static_cast<std::size_t>(i)] = static_cast<float>(i * i);
  cudaMemcpy(x, host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice);
  shift(few, x + 1, x, stream);
  const std::vector<float> after = fetch(x, few);
  right = "right";
  for (std::size_t i = 0; i < few; ++i)
    if (after[i] != host[i + 1] + 1)
      right = "wrong";
  std::printf("overlapping: %s, %s\n", ran, right);
  put(x, 3, 2 * n);
  for (const int size : {1000, n}) {
    of_struct({size, x, y}, stream);
    std::printf("in a struct, %d: %s\n", size, all_are(y, 4, size));
  }
  // Four bytes are met here for the first time by this call's third buffer pair.
  cudaGraph_t graph;
  cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
  twice(n, x + 2, y + 1, stream);
  cudaStreamEndCapture(stream, &graph);
  std::printf("captured, unaligned: %s\n", ran);
}
