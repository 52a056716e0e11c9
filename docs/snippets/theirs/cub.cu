// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CUB's way: a policy type for each architecture, chosen when the library was tuned.
#include <cub/block/block_reduce.cuh>

template <int Threads, cub::BlockReduceAlgorithm Algorithm> struct policy {
  static constexpr int threads = Threads;
  static constexpr cub::BlockReduceAlgorithm algorithm = Algorithm;
};

using policy_80 = policy<256, cub::BLOCK_REDUCE_WARP_REDUCTIONS>;

template <class Policy> __global__ void block_sums(const float *in, float *out) {
  using reduce = cub::BlockReduce<float, Policy::threads, Policy::algorithm>;
  __shared__ typename reduce::TempStorage storage;
  const float sum = reduce(storage).Sum(in[blockIdx.x * Policy::threads + threadIdx.x]);
  if (threadIdx.x == 0)
    out[blockIdx.x] = sum;
}

void launch(int blocks, const float *in, float *out) {
  block_sums<policy_80><<<blocks, policy_80::threads>>>(in, out);
}
