// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transposes a matrix through shared memory, so that both the reads and the writes are coalesced.

#include "example.h"

#include <tl/autotune.h>
#include <tl/nvcc_compat.h>

using namespace tl::keywords;

struct transpose_config {
  int tile = 32;       ///< side of the tile
  int rows = 8;        ///< of a tile that a block handles at a time
  int pad = 0;         ///< columns that keep a tile's column out of one bank
  int group = 1;       ///< side of a square of tiles that blocks take one after the other
  bool stream = false; ///< what is read and written is not kept in caches
};

constexpr auto transpose_space =
    tl::space<transpose_config>()
        .axis(&transpose_config::tile, {16, 32, 64})
        .axis(&transpose_config::rows, {4, 8, 16})
        .axis(&transpose_config::pad, {0, 1})
        .axis(&transpose_config::group, {1, 8, 32})
        .axis(&transpose_config::stream, {false, true})
        .where([](transpose_config c) {
          return c.rows <= c.tile && c.tile * c.rows >= 128 && (c.pad == 1 || c.group == 1);
        });

/// Rows of `in` are rows of tiles; blocks that run at the same time read and write neighbours.
template <transpose_config C> __device__ dim3 tile_of_block(int across, int down) {
  const int block = static_cast<int>(blockIdx.x);
  if constexpr (C.group == 1)
    return dim3(block % across, block / across);
  const int of_row = across * C.group; // squares beside each other
  const int first_row = block / of_row * C.group, at = block % of_row;
  const int height = min(C.group, down - first_row);
  const int square = at / (C.group * height), inside = at % (C.group * height);
  const int width = min(C.group, across - square * C.group);
  return dim3(square * C.group + inside % width, first_row + inside / width);
}

template <transpose_config C>
__global__ void __launch_bounds__(C.tile *C.rows)
    transpose_kernel(int rows, int columns, const float *in, float *out) {
  __shared__ float tile[C.tile][C.tile + C.pad];
  const dim3 which =
      tile_of_block<C>((columns + C.tile - 1) / C.tile, (rows + C.tile - 1) / C.tile);
  const int left = static_cast<int>(which.x) * C.tile, top = static_cast<int>(which.y) * C.tile;
  const int x = left + static_cast<int>(threadIdx.x), y = top + static_cast<int>(threadIdx.y);
  // All loads of a thread are on their way before the first is waited for.
  float held[C.tile / C.rows];
#pragma unroll
  for (int j = 0; j < C.tile; j += C.rows)
    if (x < columns && y + j < rows) {
      const float *from = &in[static_cast<std::size_t>(y + j) * columns + x];
      held[j / C.rows] = C.stream ? __ldcs(from) : *from;
    }
#pragma unroll
  for (int j = 0; j < C.tile; j += C.rows)
    tile[threadIdx.y + j][threadIdx.x] = held[j / C.rows];
  __syncthreads();
  const int tx = top + static_cast<int>(threadIdx.x), ty = left + static_cast<int>(threadIdx.y);
#pragma unroll
  for (int j = 0; j < C.tile; j += C.rows)
    if (tx < rows && ty + j < columns) {
      float *to = &out[static_cast<std::size_t>(ty + j) * rows + tx];
      if constexpr (C.stream)
        __stcs(to, tile[threadIdx.x][threadIdx.y + j]);
      else
        *to = tile[threadIdx.x][threadIdx.y + j];
    }
}

template <transpose_config C = transpose_config{}>
TL_AUTOTUNE(configs = transpose_space, timeout = 10)
void transpose(int rows, int columns, const float *in, float *out, cudaStream_t stream) {
  const int across = (columns + C.tile - 1) / C.tile, down = (rows + C.tile - 1) / C.tile;
  transpose_kernel<C><<<across * down, dim3(C.tile, C.rows), 0, stream>>>(rows, columns, in, out);
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
