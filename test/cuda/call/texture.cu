// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A texture object means nothing in another process: trials run inside the program, which is said once and by name, be it
// in a variable or an argument. The variant that ignores the texture loses. Through a surface trials would write to what
// cannot be copied: nothing is tried.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ env TL_LOG=info %t 2>&1 | FileCheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

static int ran;
/// 0: right, slow. 1: ignores the texture. 2: right.
struct config {
  int mode = 0;
};
static cudaTextureObject_t texture;
static cudaSurfaceObject_t surface;

template <config C> __global__ void kernel(int n, cudaTextureObject_t from, float *y) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if constexpr (C.mode == 0)
    __nanosleep(20000);
  if constexpr (C.mode == 2)
    __nanosleep(8000);
  if (i < n)
    y[i] = C.mode == 1 ? 0.f : tex1Dfetch<float>(from, i);
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void by_variable(int n, float *y, cudaStream_t stream) {
  ran = C.mode;
  kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, texture, y);
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void by_argument(int n, cudaTextureObject_t from, float *y, cudaStream_t stream) {
  ran = C.mode;
  kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, from, y);
}
template <config C> __global__ void write(int n, cudaSurfaceObject_t to) {
  const int i = int(blockIdx.x * 128 + threadIdx.x);
  if (i < n)
    surf1Dwrite(C.mode == 1 ? 1.f : 2.f, to, i * 4);
}
template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 20, warmup = 1)]]
void to_surface(int n, cudaStream_t stream) {
  ran = C.mode;
  write<C><<<(n + 127) / 128, 128, 0, stream>>>(n, surface);
}

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 50000;
  float *x, *y;
  if (cudaMalloc(&x, 4 * n) || cudaMalloc(&y, 4 * n))
    return 1;
  std::vector<float> h(n, 7.f);
  cudaMemcpy(x, h.data(), 4 * n, cudaMemcpyHostToDevice);
  cudaResourceDesc resource{};
  resource.resType = cudaResourceTypeLinear;
  resource.res.linear.devPtr = x;
  resource.res.linear.desc = cudaCreateChannelDesc<float>();
  resource.res.linear.sizeInBytes = 4 * n;
  cudaTextureDesc description{};
  description.readMode = cudaReadModeElementType;
  if (cudaCreateTextureObject(&texture, &resource, &description, nullptr))
    return 1;
  const auto see = [&](const char *name) {
    cudaMemcpy(h.data(), y, 4 * n, cudaMemcpyDeviceToHost);
    int wrong = 0;
    for (float v : h)
      wrong += v != 7;
    std::printf("%s: ran %d, %d wrong\n", name, ran, wrong);
    cudaMemset(y, 0, 4 * n);
  };
  by_variable(n, y, nullptr);
  see("by variable");
  by_argument(n, texture, y, nullptr);
  see("by argument");
  cudaArray_t array;
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaMallocArray(&array, &format, 4096, 0, cudaArraySurfaceLoadStore);
  cudaResourceDesc target{};
  target.resType = cudaResourceTypeArray;
  target.res.array.array = array;
  cudaCreateSurfaceObject(&surface, &target);
  to_surface(4096, nullptr);
  cudaMemcpy2DFromArray(h.data(), 4 * 4096, array, 0, 0, 4 * 4096, 1, cudaMemcpyDeviceToHost);
  std::printf("surface: ran %d, %g, %s\n", ran, h[9], cudaGetErrorString(cudaGetLastError()));
}

// CHECK: by_variable: trials run inside the program, {{.*}}: texture holds a handle, which means nothing in another process
// CHECK: by variable: ran 2, 0 wrong
// CHECK: by_argument: trials run inside the program, {{.*}}: from holds a handle, which means nothing in another process
// CHECK: by argument: ran 2, 0 wrong
// CHECK: to_surface(n=4096) runs its default config: no trials are possible: surface holds a surface, through which trials would write to what cannot be copied
// CHECK: surface: ran 0, 2, no error
