// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E1, the C interface: Python drives CUDA factories, an eager and a lazy one, on a stream of its own. A C++
// program, Python and a second process get the same winners from one store, whoever comes first.
//
// REQUIRES: cuda
// One object file for the library and the program: flags are part of the fingerprint.
// RUN: %clangxx -O2 -fPIC %cuda %plugin -c %s -o %t.o
// RUN: %clangxx -shared %t.o -o %t.so %runtime %cudalibs
// RUN: %clangxx %t.o -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t 100000 > %t.program && FileCheck %s < %t.program %}
// RUN: %if nvidia-gpu %{ env TL_TUNE=require %python %S/Inputs/c_abi_cuda.py %t.so 100000 | cmp - %t.program %}
// RUN: %if nvidia-gpu %{ env TL_TUNE=require %t 100000 | cmp - %t.program %}
// RUN: %if nvidia-gpu %{ %python %S/Inputs/c_abi_cuda.py %t.so 200000 > %t.python && FileCheck %s < %t.python %}
// RUN: %if nvidia-gpu %{ env TL_TUNE=require %t 200000 | cmp - %t.python %}
// CHECK: eager_scale cuda eager threads={{64|256|1024}} [0.0, 2.0, 4.0] True
// CHECK: lazy_scale cuda lazy threads={{64|256|1024}} [0.0, 2.0, 4.0] True

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <vector>

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

/// The same as the script, line by line.
int main(int, char **argv) {
  const int n = std::atoi(argv[1]);
  const auto size = static_cast<std::size_t>(n);
  std::vector<float> host(size);
  for (int i = 0; i < n; ++i)
    host[static_cast<std::size_t>(i)] = static_cast<float>(i);
  auto *x = static_cast<float *>(test_alloc(4 * size)), *y = static_cast<float *>(test_alloc(4 * size));
  test_to_device(x, host.data(), 4 * size);
  cudaStream_t stream = nullptr;
  test_stream(&stream);
  const tl::in<float> from(x, size);
  const tl::out<float> to(y, size);
  const auto report = [&](const char *kind, const std::string &config) {
    test_to_host(host.data(), y, 4 * size);
    std::printf("%s_scale cuda %s %s [%.1f, %.1f, %.1f] %s\n", kind, kind, config.c_str(), double(host[0]), double(host[1]),
                double(host[2]), host[size - 1] == 2 * static_cast<float>(n - 1) ? "True" : "False");
  };
  const auto eager = tl::prepare(&eager_scale<>, n, from, to, stream);
  eager(n, from, to, stream);
  report("eager", eager.config());
  auto lazy = lazy_scale(n);
  lazy.on(stream)(from, to);
  report("lazy", lazy.config());
}
