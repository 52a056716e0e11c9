// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Python drives CUDA factories, an eager and a lazy one, through the C interface on a stream of its
// own; a second process finds the winners.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 -fPIC -shared %cuda %plugin %s -o %t.so %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %python %S/Inputs/capi_cuda.py %t.so 100000 | %filecheck %s %}
// RUN: %if nvidia-gpu %{ env TL_TUNE=require %python %S/Inputs/capi_cuda.py %t.so 100000 | %filecheck %s %}
// CHECK: eager_scale cuda eager threads={{64|256|1024}} [0.0, 2.0, 4.0] True
// CHECK: lazy_scale cuda lazy threads={{64|256|1024}} [0.0, 2.0, 4.0] True

#include <tl/autotune.h>

#include <cuda_runtime.h>

using namespace tl::keywords;

struct scale_config {
  int threads = 64;
};
inline constexpr auto scale_space = tl::space<scale_config>().axis(&scale_config::threads, {64, 256, 1024});

__global__ void scale_kernel(int n, const float *from, float *to) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n)
    to[i] = 2 * from[i];
}

constexpr unsigned blocks(int n, int threads) { return static_cast<unsigned>((n + threads - 1) / threads); }

template <scale_config C = scale_config{}>
TL_AUTOTUNE(configs = scale_space, timeout = 20)
void eager_scale(int n, tl::in<float> from, tl::out<float> to, cudaStream_t stream) {
  scale_kernel<<<blocks(n, C.threads), static_cast<unsigned>(C.threads), 0, stream>>>(n, from, to);
}

using scale_launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;
template <scale_config C = scale_config{}>
TL_AUTOTUNE(configs = scale_space, timeout = 20)
scale_launch lazy_scale(int n) {
  return scale_launch(&scale_kernel, n).grid(blocks(n, C.threads)).block(static_cast<unsigned>(C.threads));
}

// What makes the library hold these factories.
void (*const eager_in_library)(int, tl::in<float>, tl::out<float>, cudaStream_t) = &eager_scale;
scale_launch (*const lazy_in_library)(int) = &lazy_scale;

extern "C" void *test_alloc(std::size_t bytes) {
  void *data = nullptr;
  return cudaMalloc(&data, bytes) == cudaSuccess ? data : nullptr;
}
extern "C" int test_to_device(void *to, const void *from, std::size_t bytes) {
  return cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice);
}
extern "C" int test_to_host(void *to, const void *from, std::size_t bytes) {
  cudaDeviceSynchronize();
  return cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost);
}
extern "C" int test_stream(cudaStream_t *stream) { return cudaStreamCreate(stream); }
