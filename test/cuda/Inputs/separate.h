// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the two files of ../separate.cu share: a factory that both call, and device code that one has and the
// other calls.

#include <tl/autotune.h>

#include <cuda_runtime.h>

using namespace tl::keywords;

struct add_config {
  int threads = 64;
};
constexpr auto add_space = tl::space<add_config>().axis(&add_config::threads, {64, 128, 256});

#ifdef WITH_RDC
__device__ float twice(float x); // of the other file: relocatable device code only
#else
static __device__ float twice(float x) { return 2 * x; }
#endif

template <add_config C> __global__ void __launch_bounds__(C.threads) add_kernel(int n, float *x, float value) {
  const int i = static_cast<int>(blockIdx.x) * C.threads + static_cast<int>(threadIdx.x);
  if (i < n)
    x[i] = twice(x[i]) + value;
}

template <add_config C = add_config{}>
TL_AUTOTUNE(configs = add_space, timeout = 10)
inline void add(int n, tl::inout<float> x, float value, cudaStream_t stream) {
  add_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, x.data(), value);
}

void other(int n, float *x, cudaStream_t stream);
