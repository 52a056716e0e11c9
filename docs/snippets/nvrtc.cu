// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// snippet: nvrtc
#include <tl/autotune.h>

#include <cstdint>

struct scale_config {
  int threads = 256;
  int items = 1;
};

template <scale_config C> __global__ void scale_kernel(std::int32_t n, const float *x, float *y) {
  for (int k = 0; k < C.items; ++k)
    if (const int i = (blockIdx.x * C.items + k) * C.threads + threadIdx.x; i < n)
      y[i] = 2 * x[i];
}

#ifndef __CUDACC_RTC__ // the host's part
constexpr auto scale_space = tl::space<scale_config>()
                                 .axis(&scale_config::threads, {64, 128, 256, 512})
                                 .axis(&scale_config::items, {1, 2, 4, 8});

template <scale_config C = scale_config{}>
[[tl::autotune(configs = scale_space, compilers = {tl::nvrtc("--maxrregcount=64")})]]
void scale(int n, const float *x, float *y) {
  const int block = C.threads * C.items;
  scale_kernel<C><<<(n + block - 1) / block, C.threads>>>(n, x, y);
}
#endif
// end

#ifndef __CUDACC_RTC__
void call(int n, const float *x, float *y) { scale(n, x, y); }
#endif
