// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The im2col matrix of a 3 x 3 window with padding 1 over the first image of an NHWC tensor: as a tensor map's loads give it,
// and as a loop gathers it. Whoever includes it has declared CUtensorMap.

#pragma once

#include "barrier.h"

constexpr int channels = 32, width = 8, height = 8, images = 2, positions = 9;

/// The first pixels and channels of column blockIdx.x, which is (r, s) of the window.
template <int Pixels, int Channels> __device__ __forceinline__ void load_column(const CUtensorMap &from, float *to) {
  __shared__ alignas(128) float tile[Pixels * Channels];
  __shared__ alignas(8) unsigned long long barrier;
  if (threadIdx.x == 0)
    barrier_init(&barrier, 1);
  __syncthreads();
  const unsigned short s = static_cast<unsigned short>(blockIdx.x % 3), r = static_cast<unsigned short>(blockIdx.x / 3);
  if (threadIdx.x == 0) {
    barrier_expect(&barrier, sizeof tile);
    asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes "
                 "[%0], [%1, {%2, %3, %4, %5}], [%6], {%7, %8};" ::"r"(shared_address(tile)),
                 "l"(&from), "r"(0), "r"(-1), "r"(-1), "r"(0), "r"(shared_address(&barrier)), "h"(s), "h"(r)
                 : "memory");
  }
  barrier_wait(&barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < Pixels * Channels; i += static_cast<int>(blockDim.x))
    to[blockIdx.x * Pixels * Channels + i] = tile[i];
}

#ifndef __CUDACC_RTC__

#include <tl/tma.h>

#include <vector>

/// That window with the first pixels and channels.
inline tl::tma_im2col window(int pixels, int channels_per_pixel) {
  return {.dims = {channels, width, height, images},
          .lower_corner = {-1, -1},
          .upper_corner = {-1, -1},
          .channels_per_pixel = static_cast<std::uint32_t>(channels_per_pixel),
          .pixels_per_column = static_cast<std::uint32_t>(pixels)};
}

inline std::vector<float> tensor() {
  std::vector<float> made(images * height * width * channels);
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = static_cast<float>(i % 1000) + 1;
  return made;
}

/// Whether all columns hold what a loop over the window gathers from tensor().
template <int Pixels, int Channels> bool gathered(const std::vector<float> &matrix) {
  const std::vector<float> from = tensor();
  for (int column = 0; column < positions; ++column)
    for (int p = 0; p < Pixels; ++p)
      for (int c = 0; c < Channels; ++c) {
        const int y = p / width + column / 3 - 1, x = p % width + column % 3 - 1;
        const float expected =
            y < 0 || y >= height || x < 0 || x >= width ? 0 : from[static_cast<std::size_t>((y * width + x) * channels + c)];
        if (matrix[static_cast<std::size_t>((column * Pixels + p) * Channels + c)] != expected)
          return false;
      }
  return true;
}

#endif
