// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels as people write them for nvcc: loops over register arrays without a pragma, float4 copies
// through arrays and shared memory, math functions without a suffix. Compiled by Clang alone, by
// Clang with the plugin, and by nvcc, they show what the device compiler is worth
// (docs/cuda-performance.md). Prints "kernel <name> <ms> <sum of the results>" lines; the sums of
// all compilers have to agree. utils/gpu-check runs it.

#include "docs/examples/cuda/example.h"

#include <cuda_bf16.h>
#include <functional>
#include <type_traits>

namespace {

// ---- matrix products ----

/// A thread has one 8 x 8 tile. Loops are left as they are: no pragma says what to unroll.
constexpr int tile = 128, depth = 8;
__global__ void __launch_bounds__(256)
    register_tiles(int n, const float *a, const float *b, float *c) {
  __shared__ float tile_a[depth * tile], tile_b[depth * tile];
  const int row = threadIdx.x / 16, column = threadIdx.x % 16;
  a += blockIdx.y * tile * n;
  b += blockIdx.x * tile;
  c += blockIdx.y * tile * n + blockIdx.x * tile;
  float sum[8 * 8] = {0}, left[8], right[8];
  for (int at = 0; at < n; at += depth) {
    const int ra = threadIdx.x / 2, qa = threadIdx.x % 2, rb = threadIdx.x / 32,
              qb = threadIdx.x % 32;
    const float4 t = reinterpret_cast<const float4 *>(&a[ra * n + at + qa * 4])[0];
    tile_a[(qa * 4 + 0) * tile + ra] = t.x;
    tile_a[(qa * 4 + 1) * tile + ra] = t.y;
    tile_a[(qa * 4 + 2) * tile + ra] = t.z;
    tile_a[(qa * 4 + 3) * tile + ra] = t.w;
    reinterpret_cast<float4 *>(&tile_b[rb * tile + qb * 4])[0] =
        reinterpret_cast<const float4 *>(&b[(at + rb) * n + qb * 4])[0];
    __syncthreads();
    for (int p = 0; p < depth; ++p) {
      for (int i = 0; i < 8; ++i)
        left[i] = tile_a[p * tile + row * 8 + i];
      for (int j = 0; j < 8; ++j)
        right[j] = tile_b[p * tile + column * 8 + j];
      for (int i = 0; i < 8; ++i)
        for (int j = 0; j < 8; ++j)
          sum[i * 8 + j] += left[i] * right[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; j += 4) {
      float4 it;
      it.x = sum[i * 8 + j];
      it.y = sum[i * 8 + j + 1];
      it.z = sum[i * 8 + j + 2];
      it.w = sum[i * 8 + j + 3];
      reinterpret_cast<float4 *>(&c[(row * 8 + i) * n + column * 8 + j])[0] = it;
    }
}

/// A warp has a tile of its own, in several parts: five loops around one multiplication.
template <int WarpM, int WarpN, int PartsN, int ThreadM, int ThreadN>
__global__ void __launch_bounds__(128) warp_tiles(int n, const float *a, const float *b, float *c) {
  constexpr int k = 16, parts_m = WarpM * WarpN / (32 * ThreadM * ThreadN * PartsN),
                part_m = WarpM / parts_m, part_n = WarpN / PartsN;
  __shared__ float tile_a[tile * k], tile_b[tile * k];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int warp_row = warp / (tile / WarpN), warp_column = warp % (tile / WarpN);
  const int row = lane / (part_n / ThreadN), column = lane % (part_n / ThreadN);
  a += blockIdx.y * tile * n;
  b += blockIdx.x * tile;
  c += (blockIdx.y * tile + warp_row * WarpM) * n + blockIdx.x * tile + warp_column * WarpN;
  float sum[parts_m * ThreadM * PartsN * ThreadN] = {0.0f};
  float left[parts_m * ThreadM] = {0.0f}, right[PartsN * ThreadN] = {0.0f};
  for (int at = 0; at < n; at += k) {
    for (int i = 0; i < tile * k / 4; i += 128) {
      const int r = (threadIdx.x + i) / (k / 4), q = (threadIdx.x + i) % (k / 4);
      const float4 t = reinterpret_cast<const float4 *>(&a[r * n + at + q * 4])[0];
      tile_a[(q * 4 + 0) * tile + r] = t.x;
      tile_a[(q * 4 + 1) * tile + r] = t.y;
      tile_a[(q * 4 + 2) * tile + r] = t.z;
      tile_a[(q * 4 + 3) * tile + r] = t.w;
    }
    for (int i = 0; i < tile * k / 4; i += 128) {
      const int r = (threadIdx.x + i) / (tile / 4), q = (threadIdx.x + i) % (tile / 4);
      reinterpret_cast<float4 *>(&tile_b[r * tile + q * 4])[0] =
          reinterpret_cast<const float4 *>(&b[(at + r) * n + q * 4])[0];
    }
    __syncthreads();
    for (int p = 0; p < k; ++p) {
      for (int m = 0; m < parts_m; ++m)
        for (int i = 0; i < ThreadM; ++i)
          left[m * ThreadM + i] =
              tile_a[p * tile + warp_row * WarpM + m * part_m + row * ThreadM + i];
      for (int q = 0; q < PartsN; ++q)
        for (int j = 0; j < ThreadN; ++j)
          right[q * ThreadN + j] =
              tile_b[p * tile + warp_column * WarpN + q * part_n + column * ThreadN + j];
      for (int m = 0; m < parts_m; ++m)
        for (int q = 0; q < PartsN; ++q)
          for (int i = 0; i < ThreadM; ++i)
            for (int j = 0; j < ThreadN; ++j)
              sum[(m * ThreadM + i) * PartsN * ThreadN + q * ThreadN + j] +=
                  left[m * ThreadM + i] * right[q * ThreadN + j];
    }
    __syncthreads();
  }
  for (int m = 0; m < parts_m; ++m)
    for (int q = 0; q < PartsN; ++q)
      for (int i = 0; i < ThreadM; ++i)
        for (int j = 0; j < ThreadN; j += 4) {
          const float *from = &sum[(m * ThreadM + i) * PartsN * ThreadN + q * ThreadN + j];
          reinterpret_cast<float4 *>(
              &c[(m * part_m + row * ThreadM + i) * n + q * part_n + column * ThreadN + j])[0] =
              make_float4(from[0], from[1], from[2], from[3]);
        }
}

// ---- kernels that move data ----

/// Rows stay in an array of float4 between the two passes over them.
__global__ void __launch_bounds__(256) row_softmax(const float4 *in, float4 *out) {
  constexpr int parts = 4;
  __shared__ float shared[8];
  float4 held[parts];
  in += blockIdx.x * 256 * parts;
  out += blockIdx.x * 256 * parts;
  float sum = 0;
  for (int i = 0; i < parts; ++i) {
    held[i] = in[i * 256 + threadIdx.x];
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
  for (int i = 0; i < 8; ++i)
    sum += shared[i];
  for (int i = 0; i < parts; ++i) {
    float4 it = held[i];
    it.x /= sum, it.y /= sum, it.z /= sum, it.w /= sum;
    out[i * 256 + threadIdx.x] = it;
  }
}

/// The backward pass of a layer norm over rows of 2048 halves; a warp has a row. Eight halves come
/// at once and are looked at one by one.
__global__ void __launch_bounds__(256)
    layer_norm_backward(const __nv_bfloat16 *in, const __nv_bfloat16 *gradient,
                        const __nv_bfloat16 *weight, __nv_bfloat16 *out) {
  constexpr int length = 2048, packs = length / (32 * 8);
  const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
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

/// Through a tile of float4s in shared memory.
__global__ void __launch_bounds__(256) swap_quarters(const float4 *in, float4 *out) {
  __shared__ float staged[4][1024];
  const int at = blockIdx.x * 1024 + threadIdx.x;
  for (int i = 0; i < 4; ++i)
    *reinterpret_cast<float4 *>(&staged[i][threadIdx.x * 4]) = in[at + i * 256];
  __syncthreads();
  for (int i = 0; i < 4; ++i)
    out[at + i * 256] = *reinterpret_cast<float4 *>(&staged[3 - i][(255 - threadIdx.x) * 4]);
}

// ---- kernels that compute ----

__constant__ float4 atoms[1024];

/// Eight grid points a thread.
__global__ void __launch_bounds__(128) coulomb(float *out, int width) {
  const float x = (blockIdx.x * 128 + threadIdx.x) * 0.1f, y = blockIdx.y * 0.1f;
  float energy[8] = {0};
  for (int a = 0; a < 1024; ++a) {
    const float dx = x - atoms[a].x, dy = y - atoms[a].y, plane = dx * dx + dy * dy + 0.01f;
    for (int z = 0; z < 8; ++z) {
      const float dz = z * 0.1f - atoms[a].z;
      energy[z] += atoms[a].w * rsqrt(plane + dz * dz);
    }
  }
  for (int z = 0; z < 8; ++z)
    out[(z * gridDim.y + blockIdx.y) * width + blockIdx.x * 128 + threadIdx.x] = energy[z];
}

__constant__ float taps[17];

/// Rows of a separable convolution, eight results a thread out of one window in registers.
__global__ void __launch_bounds__(128) convolution(const float *in, float *out, int width) {
  __shared__ float line[128 * 8 + 16];
  const float *row = in + blockIdx.y * (width + 16) + blockIdx.x * 1024;
  for (int i = threadIdx.x; i < 128 * 8 + 16; i += 128)
    line[i] = row[i];
  __syncthreads();
  float window[8 + 16], sum[8] = {0};
  for (int i = 0; i < 24; ++i)
    window[i] = line[threadIdx.x * 8 + i];
  for (int t = 0; t < 17; ++t)
    for (int i = 0; i < 8; ++i)
      sum[i] += taps[t] * window[t + i];
  for (int i = 0; i < 8; i += 4)
    *reinterpret_cast<float4 *>(
        &out[blockIdx.y * width + blockIdx.x * 1024 + threadIdx.x * 8 + i]) =
        make_float4(sum[i], sum[i + 1], sum[i + 2], sum[i + 3]);
}

// ---- the program ----

template <class T> double sum_of(const buffer<T> &results) {
  double sum = 0;
  for (const T it : results.to_host())
    if constexpr (std::is_same_v<T, __nv_bfloat16>)
      sum += std::abs(static_cast<double>(__bfloat162float(it)));
    else
      sum += std::abs(static_cast<double>(it));
  return sum;
}

template <class T, class Call>
void time_kernel(bench &on, const char *name, const buffer<T> &results, Call &&call) {
  const auto [ms] = on.times(call);
  std::printf("kernel %s %.4f %.9g\n", name, ms, sum_of(results));
}

void run_products(bench &on) {
  const int n = 4096;
  buffer<float> a(some_values(std::size_t(n) * n)), b(some_values(std::size_t(n) * n, 2)),
      c(std::size_t(n) * n);
  const dim3 grid(n / tile, n / tile);
  time_kernel(on, "register_tiles", c,
              [&] { register_tiles<<<grid, 256, 0, on.stream>>>(n, a, b, c); });
  time_kernel(on, "warp_tiles", c,
              [&] { warp_tiles<64, 64, 4, 8, 4><<<grid, 128, 0, on.stream>>>(n, a, b, c); });
}

void run_copies(bench &on) {
  const std::size_t count = std::size_t(1) << 26;
  buffer<float> in(some_values(count)), out(count);
  const auto *from = reinterpret_cast<const float4 *>(in.data());
  auto *to = reinterpret_cast<float4 *>(out.data());
  const int blocks = static_cast<int>(count / 4 / 1024);
  time_kernel(on, "row_softmax", out,
              [&] { row_softmax<<<blocks, 256, 0, on.stream>>>(from, to); });
  time_kernel(on, "swap_quarters", out,
              [&] { swap_quarters<<<blocks, 256, 0, on.stream>>>(from, to); });

  const std::vector<float> some = some_values(count / 2);
  buffer<__nv_bfloat16> halves(std::vector<__nv_bfloat16>(some.begin(), some.end())),
      results(count / 2);
  time_kernel(on, "layer_norm_backward", results, [&] {
    layer_norm_backward<<<static_cast<int>(count / 2 / 2048 / 8), 256, 0, on.stream>>>(
        halves, halves + 2048, halves, results);
  });
}

void run_sums(bench &on) {
  const std::vector<float> some = some_values(4096, 3);
  CHECK(cudaMemcpyToSymbol(atoms, some.data(), sizeof(float4) * 1024));
  CHECK(cudaMemcpyToSymbol(taps, some.data(), sizeof(float) * 17));
  const int width = 4096, rows = 4096;
  buffer<float> in(some_values(std::size_t(width + 16) * rows)), out(std::size_t(width) * rows);
  time_kernel(on, "coulomb", out,
              [&] { coulomb<<<dim3(width / 128, rows / 8), 128, 0, on.stream>>>(out, width); });
  time_kernel(on, "convolution", out, [&] {
    convolution<<<dim3(width / 1024, rows), 128, 0, on.stream>>>(in, out, width);
  });
}

} // namespace

int main() {
  bench on;
  run_products(on);
  run_copies(on);
  run_sums(on);
}
