// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

// snippet: cuda
struct blur_config {
  int tile_x = 32, tile_y = 8, rows = 1;
};
constexpr auto blur_space = tl::space<blur_config>()
    .axis(&blur_config::tile_x, {32, 64})
    .axis(&blur_config::tile_y, {4, 8, 16})
    .axis(&blur_config::rows, {1, 2, 4})
    .where([](blur_config c) { return c.tile_x * c.tile_y <= 1024; });

template <blur_config Cfg> // was #define TILE_X 32, ...
__global__ void __launch_bounds__(Cfg.tile_x * Cfg.tile_y) blur_kernel(int w, int h, const float *in, float *out) {
  __shared__ float line[Cfg.tile_y][Cfg.tile_x + 2]; // was [TILE_Y][TILE_X + 2]
  const int x = blockIdx.x * Cfg.tile_x + threadIdx.x;
#pragma unroll
  for (int k = 0; k < Cfg.rows; ++k) {
    const int y = (blockIdx.y * Cfg.rows + k) * Cfg.tile_y + threadIdx.y;
    float *row = line[threadIdx.y];
    if (y < h && x < w) {
      row[threadIdx.x + 1] = in[y * w + x];
      if (threadIdx.x == 0)
        row[0] = in[y * w + max(x - 1, 0)];
      if (threadIdx.x == Cfg.tile_x - 1 || x == w - 1)
        row[threadIdx.x + 2] = in[y * w + min(x + 1, w - 1)];
    }
    __syncthreads();
    if (y < h && x < w)
      out[y * w + x] = (row[threadIdx.x] + row[threadIdx.x + 1] + row[threadIdx.x + 2]) / 3;
    __syncthreads();
  }
}

template <blur_config Cfg = blur_config{}>
TL_AUTOTUNE(configs = blur_space)
void blur(int w, int h, const float *in, float *out, cudaStream_t stream) { // was a launch at each caller
  const dim3 block(Cfg.tile_x, Cfg.tile_y);
  const dim3 grid((w + Cfg.tile_x - 1) / Cfg.tile_x, (h + Cfg.tile_y * Cfg.rows - 1) / (Cfg.tile_y * Cfg.rows));
  blur_kernel<Cfg><<<grid, block, 0, stream>>>(w, h, in, out);
}
// end

void call(int w, int h, const float *in, float *out, cudaStream_t stream) { blur(w, h, in, out, stream); }
