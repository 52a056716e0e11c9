// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Transposes a matrix through shared memory, so that both the reads and the writes are coalesced.

#include "example.h"

#include <tl/autotune.h>

using namespace tl::keywords;

struct transpose_config {
  int width = 32, height = 32; ///< of a tile
  int warps = 8;               ///< of a block
  int pad = 0;                 ///< columns that keep a tile's column out of one bank
  int align = 1;               ///< floats, to whose multiples in memory writes are moved
  bool down = false;           ///< neighbouring blocks are below each other, not side by side
};

/// Rows that a block reads: a row of results may begin anywhere in a line of the cache, which then
/// is written in two parts. So a block begins a few elements later than its tile does, and takes as
/// many of the next one.
constexpr int rows_of(transpose_config c) { return c.height + c.align - 1; }

constexpr auto transpose_space =
    tl::space<transpose_config>()
        .axis(&transpose_config::width, {32, 64, 128})
        .axis(&transpose_config::height, {32, 64, 128})
        .axis(&transpose_config::warps, {4, 8, 16})
        .axis(&transpose_config::pad, {1})
        .axis(&transpose_config::align, {1, 8})
        .axis(&transpose_config::down, {false, true})
        .where([](transpose_config c) { return 4 * rows_of(c) * (c.width + c.pad) <= 48 * 1024; })
        // What a thread holds.
        .where([](transpose_config c) {
          return c.height * c.width / (32 * c.warps) <= 64 &&
                 c.height * c.width / (32 * c.warps) >= 4;
        });

template <transpose_config C>
__global__ void __launch_bounds__(32 * C.warps)
    transpose_kernel(int rows, int columns, const float *in, float *out) {
  constexpr int height = rows_of(C), across = C.width / 32, along = C.height / 32;
  constexpr int turns = (height + C.warps - 1) / C.warps;
  __shared__ float tile[height][C.width + C.pad];
  const int left = static_cast<int>(C.down ? blockIdx.y : blockIdx.x) * C.width,
            top = static_cast<int>(C.down ? blockIdx.x : blockIdx.y) * C.height;
  const int lane = static_cast<int>(threadIdx.x), warp = static_cast<int>(threadIdx.y);
  // All loads of a thread are on their way before the first is waited for.
  float held[turns][across];
#pragma unroll
  for (int j = 0; j < turns; ++j)
#pragma unroll
    for (int i = 0; i < across; ++i) {
      const int row = j * C.warps + warp, column = left + i * 32 + lane;
      if (row < height && column < columns && top + row < rows)
        held[j][i] = in[static_cast<std::size_t>(top + row) * columns + column];
    }
#pragma unroll
  for (int j = 0; j < turns; ++j)
#pragma unroll
    for (int i = 0; i < across; ++i)
      if (j * C.warps + warp < height)
        tile[j * C.warps + warp][i * 32 + lane] = held[j][i];
  __syncthreads();
#pragma unroll
  for (int j = 0; j < C.width; j += C.warps) {
    const int row = left + j + warp;
    if (j + warp >= C.width || row >= columns)
      continue;
    float *to = out + static_cast<std::size_t>(row) * rows + top;
    const int later =
        -static_cast<int>(reinterpret_cast<std::size_t>(to) / sizeof(float)) & (C.align - 1);
    if (top == 0 && lane < later && lane < rows)
      to[lane] = tile[lane][j + warp];
#pragma unroll
    for (int i = 0; i < along; ++i) {
      const int at = later + i * 32 + lane;
      if (top + at < rows)
        to[at] = tile[at][j + warp];
    }
  }
}

template <transpose_config C = transpose_config{}>
TL_AUTOTUNE(configs = transpose_space, timeout = 10)
void transpose(int rows, int columns, const float *in, float *out, cudaStream_t stream) {
  const int across = (columns + C.width - 1) / C.width, along = (rows + C.height - 1) / C.height;
  const dim3 grid(C.down ? along : across, C.down ? across : along);
  transpose_kernel<C><<<grid, dim3(32, C.warps), 0, stream>>>(rows, columns, in, out);
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
