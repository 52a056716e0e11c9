// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of several compilers share the device's variables: what the program writes to them, all of them read, and what
// one writes, the others and the program read. Clang's and nvcc's code is one image for that.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %plugin %cuda -c %s -o %t.o 2> %t.err
// RUN: FileCheck %s --check-prefix=SAID --input-file=%t.err --allow-empty
// RUN: %python %S/../Inputs/device_symbols.py %t.o | FileCheck %s --check-prefix=IMAGE
// RUN: %clangxx -I%cuda_path/include -x c++ %S/../Inputs/registrations.cpp -c -o %t.cudart.o
// RUN: %clangxx -DLAUNCH_ONLY -O1 %plugin %cuda -c %s -o %t.launch.o
// RUN: %clangxx %t.launch.o %t.cudart.o %runtime_static -pthread -ldl -o %t
// RUN: env TL_TUNE=off %t | FileCheck %s --check-prefix=LAUNCHES
//
// With nvcc as the command's own compiler, for two architectures, and without optimisation.
// RUN: %tl_nvcc %clangxx -O1 %plugin %cuda -c %s -o %t.o
// RUN: %python %S/../Inputs/device_symbols.py %t.o | FileCheck %s --check-prefix=IMAGE
// RUN: %clangxx -O0 %plugin %cuda --cuda-gpu-arch=sm_80 -c %s -o %t.o
// RUN: %python %S/../Inputs/device_symbols.py %t.o | FileCheck %s --check-prefix=TWO
//
// What one compiler refuses, the other's code is not lost for.
// RUN: %clangxx -O1 %plugin %cuda -DREFUSED -c %s -o %t.o 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: %python %S/../Inputs/device_symbols.py %t.o | FileCheck %s --check-prefix=LEFT
//
// RUN: %if nvidia-gpu %{ %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs %}
// RUN: %if nvidia-gpu %{ %t 2>&1 | FileCheck %s %}

#include <tl/autotune.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

struct config {
  int threads = 64;
};

static __constant__ float factors[4];
namespace {
__constant__ float offsets[4];
} // namespace
__constant__ float shift;
struct counts {
  int launches, blocks;
};
namespace app {
static __device__ counts counted;
__device__ int last = 7;
} // namespace app
template <int N> __device__ int of_template = N;
__device__ const int steps[4] = {1, 2, 3, 4};
__device__ int *where = &app::last;

template <config C> __device__ int next() {
  static __device__ int calls = 100;
  return atomicAdd(&calls, 1);
}

template <config C> __global__ void scale(int n, const float *x, float *y) {
#ifdef REFUSED
#ifdef __NVCC__
  static_assert(C.threads != 128, "not with nvcc");
#endif
#endif
  const int i = int(blockIdx.x * C.threads + threadIdx.x);
  if (i < n)
    y[i] = x[i] * factors[i % 4] + offsets[i % 4] + shift + float(steps[i % 4]);
  if (threadIdx.x != 0)
    return;
  atomicAdd(&app::counted.blocks, 1);
  if (blockIdx.x == 0) {
    atomicAdd(&app::counted.launches, 1);
    atomicExch(where, C.threads);
    atomicAdd(&of_template<5>, 1);
    if (next<C>() < 0)
      y[0] = 0;
  }
}

// SAID-NOT: {{warning|error}}
// REFUSED: warning: 1 of 2 variants of 'factory' by nvcc are left out, such as 'threads=128,compiler=nvcc': compilers_variables.cu({{[0-9]+}}): static assertion failed with "not with nvcc"
template <config C = config{}>
[[tl::autotune({.threads = 64}, {.threads = 128}, compilers = {tl::clang(), tl::nvcc()}, rep = 5, warmup = 1)]]
void factory(int n, const float *x, float *y, cudaStream_t stream) {
  scale<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x, y);
}

// One of each variable, and each kernel by both.
// IMAGE: image
// IMAGE-DAG: function _Z5scaleIXtl6configLi128EEEEviPKfPf
// IMAGE-DAG: function _Z5scaleIXtl6configLi128EEEEviPKfPf__tl_by_1
// IMAGE-DAG: function _Z5scaleIXtl6configLi64EEEEviPKfPf
// IMAGE-DAG: function _Z5scaleIXtl6configLi64EEEEviPKfPf__tl_by_1
// IMAGE-DAG: object _ZL7factors 16
// IMAGE-DAG: object _ZN12_GLOBAL__N_17offsetsE 16
// IMAGE-DAG: object shift 4
// IMAGE-DAG: object _ZN3appL7countedE 8
// IMAGE-DAG: object _ZN3app4lastE 4
// IMAGE-DAG: object where 8
// IMAGE-DAG: object _Z11of_templateILi5EE 4
// IMAGE-DAG: object _ZZ4nextIXtl6configLi64EEEEivE5calls 4
// IMAGE: twice 0
//
// TWO-COUNT-2: function _Z5scaleIXtl6configLi64EEEEviPKfPf__tl_by_1
//
// LEFT-NOT: Li128EEEEviPKfPf__tl_by_1
// LEFT: function _Z5scaleIXtl6configLi64EEEEviPKfPf__tl_by_1
// LEFT-NOT: Li128EEEEviPKfPf__tl_by_1
//
// LAUNCHES: launch of _Z5scaleIXtl6configLi64EEEEviPKfPf from image 1
// LAUNCHES-NEXT: launch of _Z5scaleIXtl6configLi64EEEEviPKfPf__tl_by_1 from image 1

#ifdef LAUNCH_ONLY
void by_nvcc(int, const float *, float *, cudaStream_t) asm(
    "_Z7factoryIXtl6configLi64EEEEviPKfPfP11CUstream_st.by_nvcc");
int main() {
  factory(1, nullptr, nullptr, nullptr);
  by_nvcc(1, nullptr, nullptr, nullptr);
}
#else

#define COPY(name, threads, by)                                                                    \
  void name(int, const float *, float *, cudaStream_t) asm(                                        \
      "_Z7factoryIXtl6configLi" #threads "EEEEviPKfPfP11CUstream_st" by)
COPY(few_by_clang, 64, "");
COPY(many_by_clang, 128, "");
COPY(few_by_nvcc, 64, ".by_nvcc");
COPY(many_by_nvcc, 128, ".by_nvcc");

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const int n = 50000;
  float *x, *y;
  if (cudaMalloc(&x, 4 * n) || cudaMalloc(&y, 4 * n))
    return 1;
  std::vector<float> values(n), got(n);
  for (int i = 0; i < n; ++i)
    values[i] = float(i % 100);
  cudaMemcpy(x, values.data(), 4 * n, cudaMemcpyHostToDevice);
  const float f[4] = {1, 2, 3, 4}, o[4] = {10, 20, 30, 40}, s = 1000;
  if (cudaMemcpyToSymbol(factors, f, sizeof f) || cudaMemcpyToSymbol(offsets, o, sizeof o) ||
      cudaMemcpyToSymbol(shift, &s, sizeof s))
    return std::printf("a variable was not found\n");
  factory(n, x, y, nullptr); // tunes
  const struct {
    const char *text;
    void (*run)(int, const float *, float *, cudaStream_t);
  } all[] = {{"threads=64,compiler=clang", few_by_clang},
             {"threads=128,compiler=clang", many_by_clang},
             {"threads=64,compiler=nvcc", few_by_nvcc},
             {"threads=128,compiler=nvcc", many_by_nvcc}};
  for (const auto &[text, run] : all) {
    const counts none = {};
    const int nothing = 0;
    cudaMemcpyToSymbol(app::counted, &none, sizeof none);
    cudaMemcpyToSymbol(of_template<5>, &nothing, sizeof nothing);
    cudaMemset(y, 0, 4 * n);
    run(n, x, y, nullptr);
    if (const cudaError_t error = cudaDeviceSynchronize())
      return std::printf("%s: %s\n", text, cudaGetErrorString(error));
    cudaMemcpy(got.data(), y, 4 * n, cudaMemcpyDeviceToHost);
    counts now = {};
    int last = 0, more = 0, wrong = 0;
    cudaMemcpyFromSymbol(&now, app::counted, sizeof now);
    cudaMemcpyFromSymbol(&last, app::last, sizeof last);
    cudaMemcpyFromSymbol(&more, of_template<5>, sizeof more);
    for (int i = 0; i < n; ++i)
      wrong += got[i] != values[i] * f[i % 4] + o[i % 4] + s + float(i % 4 + 1);
    std::printf("%s: wrong %d, launches %d, blocks %d, last %d, of template %d\n", text, wrong,
                now.launches, now.blocks, last, more);
  }
}
#endif

// CHECK: threads=64,compiler=clang: wrong 0, launches 1, blocks 782, last 64, of template 1
// CHECK: threads=128,compiler=clang: wrong 0, launches 1, blocks 391, last 128, of template 1
// CHECK: threads=64,compiler=nvcc: wrong 0, launches 1, blocks 782, last 64, of template 1
// CHECK: threads=128,compiler=nvcc: wrong 0, launches 1, blocks 391, last 128, of template 1
