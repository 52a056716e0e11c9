// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

using namespace tl::keywords;

// snippet: launch
struct scale_config {
  int threads = 256;
  int per_thread = 1;
};

constexpr auto scale_space = tl::space<scale_config>()
    .axis(&scale_config::threads, {128, 256, 512})
    .axis(&scale_config::per_thread, {1, 2, 4});

template <scale_config C>
__global__ void scale_kernel(int n, float factor, tl::in<float> x, tl::out<float> y) {
  for (int k = 0; k < C.per_thread; ++k)
    if (const int i = (blockIdx.x * C.per_thread + k) * C.threads + threadIdx.x; i < n)
      y.pointer[i] = factor * x.pointer[i];
}

using scale_launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;

template <scale_config C = scale_config{}>
[[tl::autotune(configs = scale_space, supply = tl::supply::automatic)]]
scale_launch scale(int n, float factor) {
  constexpr int per_block = C.threads * C.per_thread;
  return scale_launch(scale_kernel<C>, n, factor)
      .grid((n + per_block - 1) / per_block)
      .block(C.threads)
      .template extent<0>(n)
      .template extent<1>(n);
}

void apply(int n, const float *x, float *y, cudaStream_t stream) {
  auto run = scale(n, 2.0f);
  run.on(stream)(tl::in<float>(x, n), tl::out<float>(y, n));
}
// end
