// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels as people write them for nvcc, that more than one benchmark of the device compilers runs:
// loops over register arrays without a pragma, float4 copies through arrays and shared memory, math
// functions without a suffix. Default configs are how they were written.

#ifndef TL_BENCH_GPU_KERNELS_H
#define TL_BENCH_GPU_KERNELS_H

#include "docs/examples/cuda/example.h"

#include <cmath>
#include <cuda_bf16.h>
#include <type_traits>

struct warp_config {
  int parts_n = 4, thread_m = 8;
};

/// A warp has 64 x 64 results, in several parts: five loops around one multiplication.
template <warp_config C>
__global__ void __launch_bounds__(128) warp_tiles(int n, const float *a, const float *b, float *c) {
  constexpr int tile = 128, k = 16, own = 64, thread_n = 4,
                parts_m = own * own / (32 * C.thread_m * thread_n * C.parts_n),
                part_m = own / parts_m, part_n = own / C.parts_n;
  __shared__ float tile_a[tile * k], tile_b[tile * k];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int warp_row = warp / 2, warp_column = warp % 2;
  const int row = lane / (part_n / thread_n), column = lane % (part_n / thread_n);
  a += blockIdx.y * tile * n;
  b += blockIdx.x * tile;
  c += (blockIdx.y * tile + warp_row * own) * n + blockIdx.x * tile + warp_column * own;
  float sum[parts_m * C.thread_m * C.parts_n * thread_n] = {0.0f};
  float left[parts_m * C.thread_m] = {0.0f}, right[C.parts_n * thread_n] = {0.0f};
  for (int at = 0; at < n; at += k) {
    for (int i = 0; i < tile * k / 4; i += 128) {
      const int r = (threadIdx.x + i) / (k / 4), q = (threadIdx.x + i) % (k / 4);
      const float4 t = *reinterpret_cast<const float4 *>(&a[r * n + at + q * 4]);
      tile_a[(q * 4 + 0) * tile + r] = t.x;
      tile_a[(q * 4 + 1) * tile + r] = t.y;
      tile_a[(q * 4 + 2) * tile + r] = t.z;
      tile_a[(q * 4 + 3) * tile + r] = t.w;
    }
    for (int i = 0; i < tile * k / 4; i += 128) {
      const int r = (threadIdx.x + i) / (tile / 4), q = (threadIdx.x + i) % (tile / 4);
      *reinterpret_cast<float4 *>(&tile_b[r * tile + q * 4]) =
          *reinterpret_cast<const float4 *>(&b[(at + r) * n + q * 4]);
    }
    __syncthreads();
    for (int p = 0; p < k; ++p) {
      for (int m = 0; m < parts_m; ++m)
        for (int i = 0; i < C.thread_m; ++i)
          left[m * C.thread_m + i] =
              tile_a[p * tile + warp_row * own + m * part_m + row * C.thread_m + i];
      for (int q = 0; q < C.parts_n; ++q)
        for (int j = 0; j < thread_n; ++j)
          right[q * thread_n + j] =
              tile_b[p * tile + warp_column * own + q * part_n + column * thread_n + j];
      for (int m = 0; m < parts_m; ++m)
        for (int q = 0; q < C.parts_n; ++q)
          for (int i = 0; i < C.thread_m; ++i)
            for (int j = 0; j < thread_n; ++j)
              sum[(m * C.thread_m + i) * C.parts_n * thread_n + q * thread_n + j] +=
                  left[m * C.thread_m + i] * right[q * thread_n + j];
    }
    __syncthreads();
  }
  for (int m = 0; m < parts_m; ++m)
    for (int q = 0; q < C.parts_n; ++q)
      for (int i = 0; i < C.thread_m; ++i) {
        const float *from = &sum[(m * C.thread_m + i) * C.parts_n * thread_n + q * thread_n];
        *reinterpret_cast<float4 *>(
            &c[(m * part_m + row * C.thread_m + i) * n + q * part_n + column * thread_n]) =
            make_float4(from[0], from[1], from[2], from[3]);
      }
}

struct row_config {
  int parts = 4;
};

/// Rows of 1024 float4 stay in registers between the two passes over them.
template <row_config C>
__global__ void __launch_bounds__(1024 / C.parts) row_softmax(const float4 *in, float4 *out) {
  constexpr int threads = 1024 / C.parts;
  __shared__ float shared[threads / 32];
  float4 held[C.parts];
  in += blockIdx.x * 1024;
  out += blockIdx.x * 1024;
  float sum = 0;
  for (int i = 0; i < C.parts; ++i) {
    held[i] = in[i * threads + threadIdx.x];
    held[i].x = expf(held[i].x);
    held[i].y = expf(held[i].y);
    held[i].z = expf(held[i].z);
    held[i].w = expf(held[i].w);
    sum += held[i].x + held[i].y + held[i].z + held[i].w;
  }
  for (int lanes = 16; lanes > 0; lanes /= 2)
    sum += __shfl_xor_sync(~0u, sum, lanes);
  if (threadIdx.x % 32 == 0)
    shared[threadIdx.x / 32] = sum;
  __syncthreads();
  sum = 0;
  for (int i = 0; i < threads / 32; ++i)
    sum += shared[i];
  for (int i = 0; i < C.parts; ++i) {
    float4 it = held[i];
    it.x /= sum, it.y /= sum, it.z /= sum, it.w /= sum;
    out[i * threads + threadIdx.x] = it;
  }
}

struct norm_config {
  int warps = 8;
};

/// The backward pass of a layer norm over rows of 2048 halves; a warp has a row. Eight halves come
/// at once and are looked at one by one.
template <norm_config C>
__global__ void __launch_bounds__(32 * C.warps)
    layer_norm_backward(const __nv_bfloat16 *in, const __nv_bfloat16 *gradient,
                        const __nv_bfloat16 *weight, __nv_bfloat16 *out) {
  constexpr int length = 2048, packs = length / (32 * 8);
  const int row = blockIdx.x * C.warps + threadIdx.x / 32, lane = threadIdx.x % 32;
  const uint4 *x = reinterpret_cast<const uint4 *>(in + row * length);
  const uint4 *g = reinterpret_cast<const uint4 *>(gradient + row * length);
  const uint4 *w = reinterpret_cast<const uint4 *>(weight);
  float values[packs * 8], scaled[packs * 8];
  float mean = 0, square = 0, first = 0, second = 0;
  for (int i = 0; i < packs; ++i) {
    uint4 pack = x[i * 32 + lane], slope = g[i * 32 + lane], factor = w[i * 32 + lane];
    for (int j = 0; j < 8; ++j) {
      values[i * 8 + j] = __bfloat162float(reinterpret_cast<const __nv_bfloat16 *>(&pack)[j]);
      scaled[i * 8 + j] = __bfloat162float(reinterpret_cast<const __nv_bfloat16 *>(&slope)[j]) *
                          __bfloat162float(reinterpret_cast<const __nv_bfloat16 *>(&factor)[j]);
      mean += values[i * 8 + j];
      square += values[i * 8 + j] * values[i * 8 + j];
    }
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    mean += __shfl_xor_sync(~0u, mean, lanes);
    square += __shfl_xor_sync(~0u, square, lanes);
  }
  mean /= length;
  const float scale = rsqrt(square / length - mean * mean + 1e-5f);
  for (int i = 0; i < packs * 8; ++i) {
    values[i] = (values[i] - mean) * scale;
    first += scaled[i];
    second += scaled[i] * values[i];
  }
  for (int lanes = 16; lanes > 0; lanes /= 2) {
    first += __shfl_xor_sync(~0u, first, lanes);
    second += __shfl_xor_sync(~0u, second, lanes);
  }
  uint4 *to = reinterpret_cast<uint4 *>(out + row * length);
  for (int i = 0; i < packs; ++i) {
    uint4 pack;
    for (int j = 0; j < 8; ++j)
      reinterpret_cast<__nv_bfloat16 *>(&pack)[j] = __float2bfloat16(
          (scaled[i * 8 + j] - (first + values[i * 8 + j] * second) / length) * scale);
    to[i * 32 + lane] = pack;
  }
}

/// By which the results of several compilers are compared.
template <class T> double sum_of(const buffer<T> &results) {
  double sum = 0;
  for (const T it : results.to_host())
    if constexpr (std::is_same_v<T, __nv_bfloat16>)
      sum += std::abs(static_cast<double>(__bfloat162float(it)));
    else
      sum += std::abs(static_cast<double>(it));
  return sum;
}

#endif
