// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transposes a matrix through shared memory, so that both the reads and the writes are coalesced.

#include "example.h"

#include <tl/autotune.h>

using namespace tl::keywords;

struct transpose_config {
  int tile = 32; ///< side of the tile
  int rows = 8;  ///< of a tile that a block handles at a time
  int pad = 0;   ///< columns that keep a tile's column out of one bank
};

constexpr auto transpose_space =
    tl::space<transpose_config>()
        .axis(&transpose_config::tile, {16, 32, 64})
        .axis(&transpose_config::rows, {4, 8, 16, 32})
        .axis(&transpose_config::pad, {0, 1, 2})
        .where([](transpose_config c) { return c.rows <= c.tile && c.tile * c.rows >= 64; });

template <transpose_config C>
__global__ void __launch_bounds__(C.tile *C.rows)
    transpose_kernel(int rows, int columns, const float *in, float *out) {
  __shared__ float tile[C.tile][C.tile + C.pad];
  const int x = static_cast<int>(blockIdx.x) * C.tile + static_cast<int>(threadIdx.x);
  const int y = static_cast<int>(blockIdx.y) * C.tile + static_cast<int>(threadIdx.y);
#pragma unroll
  for (int j = 0; j < C.tile; j += C.rows)
    if (x < columns && y + j < rows)
      tile[threadIdx.y + j][threadIdx.x] = in[static_cast<std::size_t>(y + j) * columns + x];
  __syncthreads();
  const int tx = static_cast<int>(blockIdx.y) * C.tile + static_cast<int>(threadIdx.x);
  const int ty = static_cast<int>(blockIdx.x) * C.tile + static_cast<int>(threadIdx.y);
#pragma unroll
  for (int j = 0; j < C.tile; j += C.rows)
    if (tx < rows && ty + j < columns)
      out[static_cast<std::size_t>(ty + j) * rows + tx] = tile[threadIdx.x][threadIdx.y + j];
}

template <transpose_config C = transpose_config{}>
TL_AUTOTUNE(configs = transpose_space, timeout = 10)
void transpose(int rows, int columns, const float *in, float *out, cudaStream_t stream) {
  const dim3 grid((columns + C.tile - 1) / C.tile, (rows + C.tile - 1) / C.tile);
  transpose_kernel<C><<<grid, dim3(C.tile, C.rows), 0, stream>>>(rows, columns, in, out);
}

int main() {
  const int rows = 8192 + 5, columns = 8192 - 9;
  const std::vector<float> in = some_values(std::size_t(rows) * columns);
  buffer<float> din(in), dout(in.size());
  bench on;

  transpose(rows, columns, din, dout, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> result = dout.to_host();
  expect_close(
      "transpose", in.size(), [&](std::size_t i) { return result[i]; },
      [&](std::size_t i) { return in[i % rows * columns + i / rows]; }, 0, 0);

  const auto [before, after] =
      on.times([&] { transpose<transpose_config{}>(rows, columns, din, dout, on.stream); },
               [&] { transpose(rows, columns, din, dout, on.stream); });
  report("transpose", before, after, 8e-6 * static_cast<double>(in.size()) / after, "GB/s",
         on.copy_bandwidth());
}
