// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variables a factory reaches: through kernels, helpers, members, lambdas, default arguments, options and
// configs that only another variant has; and which are none of its state. The same in both passes, or a static
// variable of the device would have another name in each.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda -fplugin-arg-tl-remarks -fsyntax-only %s 2>&1 | grep reaches | sed 's/.*reaches/reaches/' | FileCheck %s --implicit-check-not=reaches
// RUN: %clangxx -O1 %plugin %cuda %s -o %t -x none %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ %t | FileCheck %s --check-prefix=PRINTED %}

#include <tl/autotune.h>

#include <atomic>
#include <cstdio>
#include <cuda_runtime.h>
#include <mutex>

using namespace tl::keywords;

struct config {
  int mode = 0;
};

__constant__ float coefficients[3] = {1, 2, 3};
__device__ float sums[4];
static __device__ float scratch[4];         // nobody outside of the kernels
static __device__ float counted;            // the host asks for it
static __constant__ int lookup[2] = {1, 2}; // code may count on what it holds
__device__ int of_another_kernel;
static int blocks;
static const int fixed = 128;
constexpr int also_fixed = 2;
static int only_written;
static int in_the_reference;
static int of_nobody;
static std::mutex lock;
static std::atomic<int> launches;
namespace deep {
static float *work_space;
} // namespace deep
struct settings {
  static inline int rounds = 1;
  static inline int unused = 1;
};
template <class T> struct traits {
  static inline T scale = 1;
};
static int by_default_argument() { return 1; }
static int from_there;
static int helper(int n, int more = from_there) { return n + more; }

template <config C> __device__ float deeper(int i) {
  if constexpr (C.mode == 1)
    return sums[i & 3];
  counted += 1;
  scratch[0] = float(lookup[i & 1]);
  return coefficients[0];
}
template <config C> __global__ void kernel(int n, float *y) {
  const int i = int(blockIdx.x * fixed + threadIdx.x);
  __shared__ float tile[128];
  tile[threadIdx.x] = deeper<C>(i);
  if (i < n)
    y[i] = tile[threadIdx.x];
}
__global__ void other_kernel() { of_another_kernel = 1; }

static void slow_fill(int n, float *y, cudaStream_t stream) {
  kernel<config{}><<<in_the_reference + 1 + (n + 127) / 128, 128, 0, stream>>>(n, y);
}

template <config C = config{}>
[[tl::autotune({.mode = 0}, {.mode = 1}, rep = 4, reference = slow_fill)]]
void fill(int n, float *y, cudaStream_t stream) {
  static int first = by_default_argument(); // initialises itself
  static int remembered = 3;
  const std::lock_guard guard(lock);
  launches += 1;
  only_written = C.mode;
  const auto many = [&] { return helper(blocks) + settings::rounds + int(traits<float>::scale) + remembered + first; };
  if (deep::work_space || many() < 0)
    return;
  kernel<C><<<(n + 127) / 128, 128, 0, stream>>>(n, y);
}

int main() {
  other_kernel<<<1, 1>>>();
  of_nobody = settings::unused + also_fixed;
  float *y, seen = 0;
  cudaMalloc(&y, 4000);
  fill(1000, y, nullptr);
  cudaMemcpyFromSymbol(&seen, counted, sizeof seen);
  cudaMemcpy(&seen, y, sizeof seen, cudaMemcpyDeviceToHost);
  std::printf("%g %s\n", seen, cudaGetErrorString(cudaGetLastError()));
}

// CHECK-DAG: reaches variable 'lock'
// CHECK-DAG: reaches variable 'launches'
// CHECK-DAG: reaches variable 'only_written', which it writes
// CHECK-DAG: reaches variable 'work_space'
// CHECK-DAG: reaches variable 'from_there', which it reads{{$}}
// CHECK-DAG: reaches variable 'blocks', which it reads{{$}}
// CHECK-DAG: reaches variable 'rounds', which it reads{{$}}
// CHECK-DAG: reaches variable 'scale', which it reads{{$}}
// CHECK-DAG: reaches variable 'remembered', which it reads{{$}}
// CHECK-DAG: reaches variable 'remembered', which it reads{{$}}
// CHECK-DAG: reaches variable 'first', which it reads{{$}}
// CHECK-DAG: reaches variable 'first', which it reads{{$}}
// CHECK-DAG: reaches variable 'sums', which it reads{{$}}
// CHECK-DAG: reaches variable 'counted', which it reads and writes
// CHECK-DAG: reaches variable 'coefficients', which it reads{{$}}
// CHECK-DAG: reaches variable 'in_the_reference', which it reads{{$}}

// PRINTED: 1 no error
