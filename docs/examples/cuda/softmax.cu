// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Softmax over the rows of a matrix. A row stays in registers, so it is read once; how many threads
// share it decides how many registers that takes and how far the reductions reach.

#include "example.h"

#include <tl/autotune.h>

using namespace tl::keywords;

constexpr int columns = 4096;

struct softmax_config {
  int threads = 128; ///< per row
  int rows = 1;      ///< per block
  int vector = 1;    ///< floats per access
};

#ifndef __CUDACC_RTC__ // NVRTC has no use for what is the host's
constexpr auto softmax_space =
    tl::space<softmax_config>()
        .axis(&softmax_config::threads, {32, 64, 128, 256, 512, 1024})
        .axis(&softmax_config::rows, {1, 2, 4})
        .axis(&softmax_config::vector, {1, 2, 4})
        .where([](softmax_config c) {
          return c.threads * c.rows <= 1024 && c.threads * c.vector <= columns;
        });
#endif

/// Reduces a value over the threads of one row; every thread gets the result.
template <softmax_config C, class Combine>
__device__ float row_reduce(float value, float *shared, Combine combine) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2)
    value = combine(value, __shfl_xor_sync(0xffffffffu, value, offset));
  if constexpr (C.threads > 32) {
    constexpr int warps = C.threads / 32;
    float *mine = shared + threadIdx.y * warps;
    __syncthreads();
    if (threadIdx.x % 32 == 0)
      mine[threadIdx.x / 32] = value;
    __syncthreads();
    value = mine[0];
#pragma unroll
    for (int w = 1; w < warps; ++w)
      value = combine(value, mine[w]);
  }
  return value;
}

template <softmax_config C>
__global__ void __launch_bounds__(C.threads *C.rows)
    softmax_kernel(int rows, const float *in, float *out) {
  __shared__ float shared[C.rows * (C.threads / 32)];
  struct alignas(C.vector * sizeof(float)) pack {
    float element[C.vector];
  };
  constexpr int packs = columns / (C.threads * C.vector);
  // Blocks are full but for the last one, whose surplus rows repeat the last row without storing
  // it.
  const int wanted = static_cast<int>(blockIdx.x) * C.rows + static_cast<int>(threadIdx.y);
  const int row = wanted < rows ? wanted : rows - 1;
  const auto *from = reinterpret_cast<const pack *>(in + static_cast<std::size_t>(row) * columns);
  pack got[packs];
  float most = -INFINITY;
#pragma unroll
  for (int p = 0; p < packs; ++p) {
    got[p] = from[p * C.threads + threadIdx.x];
#pragma unroll
    for (int e = 0; e < C.vector; ++e)
      most = fmaxf(most, got[p].element[e]);
  }
  most = row_reduce<C>(most, shared, [](float a, float b) { return fmaxf(a, b); });
  float sum = 0;
#pragma unroll
  for (int p = 0; p < packs; ++p)
#pragma unroll
    for (int e = 0; e < C.vector; ++e)
      sum += got[p].element[e] = __expf(got[p].element[e] - most);
  sum = row_reduce<C>(sum, shared, [](float a, float b) { return a + b; });
  const float scale = 1 / sum;
  auto *to = reinterpret_cast<pack *>(out + static_cast<std::size_t>(row) * columns);
  if (wanted >= rows)
    return;
#pragma unroll
  for (int p = 0; p < packs; ++p) {
#pragma unroll
    for (int e = 0; e < C.vector; ++e)
      got[p].element[e] *= scale;
    to[p * C.threads + threadIdx.x] = got[p];
  }
}

#ifndef __CUDACC_RTC__
template <softmax_config C = softmax_config{}>
TL_AUTOTUNE(configs = softmax_space, timeout = 10, tolerance = {.rtol = 1e-3, .atol = 1e-7})
void softmax(int rows, const float *in, float *out, cudaStream_t stream) {
  softmax_kernel<C>
      <<<(rows + C.rows - 1) / C.rows, dim3(C.threads, C.rows), 0, stream>>>(rows, in, out);
}

int main() {
  const int rows = 16384 + 1;
  const std::vector<float> in = some_values(std::size_t(rows) * columns);
  buffer<float> din(in), dout(in.size());
  bench on;

  softmax(rows, din, dout, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> result = dout.to_host();
  std::vector<double> expected(in.size());
  for (int r = 0; r < rows; ++r) {
    const std::size_t begin = std::size_t(r) * columns;
    double sum = 0;
    for (int c = 0; c < columns; ++c)
      sum += expected[begin + c] = std::exp(static_cast<double>(in[begin + c]));
    for (int c = 0; c < columns; ++c)
      expected[begin + c] /= sum;
  }
  expect_close(
      "softmax", in.size(), [&](std::size_t i) { return result[i]; },
      [&](std::size_t i) { return expected[i]; }, 1e-4, 1e-9);

  const auto [before, after] =
      on.times([&] { softmax<softmax_config{}>(rows, din, dout, on.stream); },
               [&] { softmax(rows, din, dout, on.stream); });
  report("softmax", before, after, 8e-6 * static_cast<double>(in.size()) / after, "GB/s",
         on.copy_bandwidth());
}
#endif // __CUDACC_RTC__
