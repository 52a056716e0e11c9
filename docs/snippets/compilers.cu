// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

struct scale_config {
  int threads = 256;
};
constexpr auto scale_space = tl::space<scale_config>().axis(&scale_config::threads, {64, 128, 256});

template <scale_config C> __global__ void scale_kernel(int n, const float *x, float *y) {
  if (const int i = blockIdx.x * C.threads + threadIdx.x; i < n)
    y[i] = 2 * x[i];
}

// snippet: compilers
template <scale_config C = scale_config{}>
[[tl::autotune(configs = scale_space,
               compilers = {tl::clang(), tl::nvcc(), tl::nvcc("--maxrregcount=32")})]]
void scale(int n, const float *x, float *y) {
  scale_kernel<C><<<(n + C.threads - 1) / C.threads, C.threads>>>(n, x, y);
}
// end

void call(int n, const float *x, float *y) { scale(n, x, y); }
