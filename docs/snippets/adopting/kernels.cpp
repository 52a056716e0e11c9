// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels.h"

#include <tl/autotune.h>

#include <cassert>
#include <cstddef>

// snippet: defines
struct stencil_config {
  int tile_x = 64, tile_y = 4;
  bool prefetch = false;
};
constexpr auto stencil_space = tl::space<stencil_config>()
    .axis(&stencil_config::tile_x, {32, 64, 128})
    .axis(&stencil_config::tile_y, {1, 4})
    .axis(&stencil_config::prefetch, {false, true});

template <stencil_config Cfg = stencil_config{}>
TL_AUTOTUNE(configs = stencil_space)
void stencil(int nx, int ny, const float *from, float *to) {
#define TILE_X Cfg.tile_x // was 64
#define TILE_Y Cfg.tile_y // was 4
  for (int y0 = 1; y0 < ny - 1; y0 += TILE_Y)
    for (int x0 = 1; x0 < nx - 1; x0 += TILE_X)
      for (int y = y0; y < y0 + TILE_Y && y < ny - 1; ++y)
        for (int x = x0; x < x0 + TILE_X && x < nx - 1; ++x) {
          const int i = y * nx + x;
          if constexpr (Cfg.prefetch) // was #if USE_PREFETCH
            __builtin_prefetch(from + i + nx + 16);
          to[i] = 0.2f * (from[i] + from[i - 1] + from[i + 1] + from[i - nx] + from[i + nx]);
        }
#undef TILE_X
#undef TILE_Y
}
// end

// snippet: wrapper
extern "C" void stencil_f32(int nx, int ny, const float *from, float *to) {
  stencil(nx, ny, from, to); // the tuned call
}
// end

// snippet: instantiation
struct scale_config {
  int unroll = 1;
};

template <class T, scale_config Cfg = scale_config{}>
TL_AUTOTUNE({.unroll = 1}, {.unroll = 4}, {.unroll = 16})
void scale_tuned(int n, T by, T *x) {
  int i = 0;
  for (; i + Cfg.unroll <= n; i += Cfg.unroll)
    for (int k = 0; k < Cfg.unroll; ++k)
      x[i + k] *= by;
  for (; i < n; ++i)
    x[i] *= by;
}

template <class T> void kernels::scale(int n, T by, T *x) { scale_tuned(n, by, x); }
template void kernels::scale<float>(int, float, float *);
template void kernels::scale<double>(int, double, double *);
// end
