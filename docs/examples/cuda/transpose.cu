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
  int align = 1; ///< floats, to whose multiples in memory writes are moved
};

constexpr auto transpose_space =
    tl::space<transpose_config>()
        .axis(&transpose_config::tile, {16, 32, 64})
        .axis(&transpose_config::rows, {2, 4, 8, 16})
        .axis(&transpose_config::pad, {0, 1})
        .axis(&transpose_config::align, {1, 8})
        .where([](transpose_config c) { return c.tile * c.rows >= 64; });

template <transpose_config C>
__global__ void __launch_bounds__(C.tile *C.rows)
    transpose_kernel(int rows, int columns, const float *in, float *out) {
  // A row of results may begin anywhere in a line of the cache, which then is written in two parts.
  // So a block begins a few elements later than its tile does, and takes as many of the next one.
  constexpr int height = C.tile + C.align - 1;
  __shared__ float tile[height][C.tile + C.pad];
  const int left = static_cast<int>(blockIdx.x) * C.tile,
            top = static_cast<int>(blockIdx.y) * C.tile;
  const int across = static_cast<int>(threadIdx.x), down = static_cast<int>(threadIdx.y);
  // All loads of a thread are on their way before the first is waited for.
  float held[(height + C.rows - 1) / C.rows];
#pragma unroll
  for (int j = 0; j < height; j += C.rows)
    if (j + down < height && left + across < columns && top + j + down < rows)
      held[j / C.rows] = in[static_cast<std::size_t>(top + j + down) * columns + left + across];
#pragma unroll
  for (int j = 0; j < height; j += C.rows)
    if (j + down < height)
      tile[j + down][across] = held[j / C.rows];
  __syncthreads();
#pragma unroll
  for (int j = 0; j < C.tile; j += C.rows) {
    const int row = left + j + down;
    if (row >= columns)
      continue;
    float *to = out + static_cast<std::size_t>(row) * rows + top;
    const int later =
        -static_cast<int>(reinterpret_cast<std::size_t>(to) / sizeof(float)) & (C.align - 1);
    if (top == 0 && across < later && across < rows)
      to[across] = tile[across][j + down];
    if (top + later + across < rows)
      to[later + across] = tile[later + across][j + down];
  }
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
