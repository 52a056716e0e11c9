// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums blocks of a long vector with CUB's BlockReduce. Which of its algorithms is fastest depends
// on the block and on what else the kernel does, so it is a tunable like any number.

#include "example.h"

#include <cub/block/block_load.cuh>
#include <cub/block/block_reduce.cuh>

#include <tl/autotune.h>

using namespace tl::keywords;

struct reduce_config {
  cub::BlockReduceAlgorithm algorithm = cub::BLOCK_REDUCE_RAKING;
  int threads = 128; ///< per block
  int items = 4;     ///< per thread and turn
  int vector = 1;    ///< floats per access
};

constexpr auto reduce_space =
    tl::space<reduce_config>()
        .axis(&reduce_config::algorithm,
              {cub::BLOCK_REDUCE_RAKING_COMMUTATIVE_ONLY, cub::BLOCK_REDUCE_RAKING,
               cub::BLOCK_REDUCE_WARP_REDUCTIONS})
        .axis(&reduce_config::threads, {128, 256, 512})
        .axis(&reduce_config::items, {4, 8, 16})
        .axis(&reduce_config::vector, {1, 4});

/// Elements whose sum is one element of the result.
constexpr int segment = 1 << 16;

template <reduce_config C>
__global__ void __launch_bounds__(C.threads) reduce_kernel(const float *in, float *out) {
  using reduction = cub::BlockReduce<float, C.threads, C.algorithm>;
  __shared__ typename reduction::TempStorage shared;
  struct alignas(C.vector * sizeof(float)) pack {
    float element[C.vector];
  };
  constexpr int packs = C.items / C.vector;
  const auto *from =
      reinterpret_cast<const pack *>(in + static_cast<std::size_t>(blockIdx.x) * segment);
  float sum = 0;
  for (int turn = 0; turn < segment / (C.threads * C.items); ++turn) {
    pack got[packs];
#pragma unroll
    for (int p = 0; p < packs; ++p)
      got[p] = from[(turn * packs + p) * C.threads + threadIdx.x];
#pragma unroll
    for (int p = 0; p < packs; ++p)
#pragma unroll
      for (int e = 0; e < C.vector; ++e)
        sum += got[p].element[e];
  }
  sum = reduction(shared).Sum(sum);
  if (threadIdx.x == 0)
    out[blockIdx.x] = sum;
}

template <reduce_config C = reduce_config{}>
TL_AUTOTUNE(configs = reduce_space, timeout = 10, tolerance = {.rtol = 1e-3, .atol = 1e-2})
void reduce(int segments, const float *in, float *out, cudaStream_t stream) {
  reduce_kernel<C><<<segments, C.threads, 0, stream>>>(in, out);
}

int main() {
  const int segments = 4096;
  const std::vector<float> in = some_values(std::size_t(segments) * segment);
  buffer<float> din(in), dout(segments);
  bench on;

  reduce(segments, din, dout, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> result = dout.to_host();
  std::vector<double> expected(segments);
  for (std::size_t i = 0; i < in.size(); ++i)
    expected[i / segment] += in[i];
  expect_close(
      "reduce", expected.size(), [&](std::size_t i) { return result[i]; },
      [&](std::size_t i) { return expected[i]; }, 1e-3, 1e-2);

  const auto [before, after] =
      on.times([&] { reduce<reduce_config{}>(segments, din, dout, on.stream); },
               [&] { reduce(segments, din, dout, on.stream); });
  // Only read: half of what a copy of as many bytes moves, at the same bandwidth.
  report("reduce", before, after, 4e-6 * static_cast<double>(in.size()) / after, "GB/s",
         on.copy_bandwidth());
}
