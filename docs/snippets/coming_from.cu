// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

#include <cub/block/block_reduce.cuh>

using namespace tl::keywords;

// snippet: scale
struct scale_config {
  int threads = 256, per_thread = 1;
};

constexpr auto scale_space = tl::space<scale_config>()
    .axis(&scale_config::threads, {64, 128, 256, 512})
    .axis(&scale_config::per_thread, {1, 2, 4})
    .where([](scale_config c) { return c.threads * c.per_thread <= 1024; });

template <scale_config C> __global__ void scale_kernel(int n, const float *x, float *y) {
  for (int k = 0; k < C.per_thread; ++k)
    if (const int i = (blockIdx.x * C.per_thread + k) * C.threads + threadIdx.x; i < n)
      y[i] = 2 * x[i];
}

template <scale_config C = scale_config{}>
[[tl::autotune(configs = scale_space, warmup = 25, rep = 100, timeout = 100)]]
void scale(int n, const float *x, float *y, cudaStream_t stream) {
  const int per_block = C.threads * C.per_thread;
  scale_kernel<C><<<(n + per_block - 1) / per_block, C.threads, 0, stream>>>(n, x, y);
}
// end

// snippet: reduce
struct reduce_config {
  int threads = 256;
  cub::BlockReduceAlgorithm algorithm = cub::BLOCK_REDUCE_WARP_REDUCTIONS;
};

constexpr auto reduce_space = tl::space<reduce_config>()
    .axis(&reduce_config::threads, {64, 128, 256, 512})
    .axis(&reduce_config::algorithm, {cub::BLOCK_REDUCE_RAKING, cub::BLOCK_REDUCE_WARP_REDUCTIONS});

template <reduce_config C> __global__ void block_sums(int n, const float *in, float *out) {
  using reduce = cub::BlockReduce<float, C.threads, C.algorithm>;
  __shared__ typename reduce::TempStorage storage;
  const int i = blockIdx.x * C.threads + threadIdx.x;
  const float sum = reduce(storage).Sum(i < n ? in[i] : 0.0f);
  if (threadIdx.x == 0)
    atomicAdd(out, sum);
}

template <reduce_config C = reduce_config{}>
[[tl::autotune(configs = reduce_space)]]
void reduce(int n, const float *in, float *out, cudaStream_t stream) {
  cudaMemsetAsync(out, 0, sizeof(float), stream);
  block_sums<C><<<(n + C.threads - 1) / C.threads, C.threads, 0, stream>>>(n, in, out);
}
// end

void calls(int n, const float *x, float *y, cudaStream_t stream) {
  scale(n, x, y, stream);
  reduce(n, x, y, stream);
}
