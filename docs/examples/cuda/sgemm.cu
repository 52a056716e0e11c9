// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single-precision C = A * B with two levels of tiles: a block's tile passes through shared
// memory, a thread's stays in registers. Five numbers that depend on each other and on the device.

#include "example.h"

#include <tl/autotune.h>

using namespace tl::keywords;

struct sgemm_config {
  int block_m = 64, block_n = 64; ///< tile of a block
  int block_k = 16;               ///< depth of a step
  int thread_m = 4, thread_n = 4; ///< tile of a thread
};

constexpr int threads_of(sgemm_config c) {
  return c.block_m / c.thread_m * (c.block_n / c.thread_n);
}

#ifndef __CUDACC_RTC__ // NVRTC has no use for what is the host's
constexpr auto sgemm_space =
    tl::space<sgemm_config>()
        .axis(&sgemm_config::block_m, {32, 64, 128})
        .axis(&sgemm_config::block_n, {64, 128, 256})
        .axis(&sgemm_config::block_k, {8, 16, 32})
        .axis(&sgemm_config::thread_m, {4, 8})
        .axis(&sgemm_config::thread_n, {4, 8, 16})
        .where([](sgemm_config c) { return threads_of(c) >= 64 && threads_of(c) <= 512; })
        // Static shared memory ends at 48 KiB.
        .where(
            [](sgemm_config c) { return c.block_k * (c.block_m + 4 + c.block_n) * 4 <= 48 * 1024; })
        // Every thread copies whole float4s of both tiles.
        .where([](sgemm_config c) {
          return c.block_m * c.block_k % (4 * threads_of(c)) == 0 &&
                 c.block_k * c.block_n % (4 * threads_of(c)) == 0;
        });
#endif

/// Sizes are multiples of the tiles.
template <sgemm_config Cfg>
__global__ void __launch_bounds__(threads_of(Cfg))
    sgemm_kernel(int n, int k, const float *a, const float *b, float *c) {
  constexpr int threads = threads_of(Cfg);
  constexpr int columns = Cfg.block_n / Cfg.thread_n; // of threads
  // A transposed, so that a thread reads its column as vectors; one float4 of padding against
  // conflicts.
  __shared__ alignas(16) float tile_a[Cfg.block_k][Cfg.block_m + 4];
  __shared__ alignas(16) float tile_b[Cfg.block_k][Cfg.block_n];
  constexpr int loads_a = Cfg.block_m * Cfg.block_k / 4 / threads;
  constexpr int loads_b = Cfg.block_k * Cfg.block_n / 4 / threads;
  const int thread = static_cast<int>(threadIdx.x);
  const int row = thread / columns, column = thread % columns;
  a += static_cast<std::size_t>(blockIdx.y) * Cfg.block_m * k;
  b += blockIdx.x * Cfg.block_n;
  float4 next_a[loads_a], next_b[loads_b];
  const auto fetch = [&](int at) {
#pragma unroll
    for (int i = 0; i < loads_a; ++i) {
      const int index = thread + i * threads, r = index / (Cfg.block_k / 4),
                q = index % (Cfg.block_k / 4);
      next_a[i] =
          *reinterpret_cast<const float4 *>(a + static_cast<std::size_t>(r) * k + at + 4 * q);
    }
#pragma unroll
    for (int i = 0; i < loads_b; ++i) {
      const int index = thread + i * threads, r = index / (Cfg.block_n / 4),
                q = index % (Cfg.block_n / 4);
      next_b[i] =
          *reinterpret_cast<const float4 *>(b + static_cast<std::size_t>(at + r) * n + 4 * q);
    }
  };
  float sum[Cfg.thread_m][Cfg.thread_n] = {};
  fetch(0);
  for (int at = 0; at < k; at += Cfg.block_k) {
#pragma unroll
    for (int i = 0; i < loads_a; ++i) {
      const int index = thread + i * threads, r = index / (Cfg.block_k / 4),
                q = index % (Cfg.block_k / 4);
      tile_a[4 * q + 0][r] = next_a[i].x;
      tile_a[4 * q + 1][r] = next_a[i].y;
      tile_a[4 * q + 2][r] = next_a[i].z;
      tile_a[4 * q + 3][r] = next_a[i].w;
    }
#pragma unroll
    for (int i = 0; i < loads_b; ++i) {
      const int index = thread + i * threads, r = index / (Cfg.block_n / 4),
                q = index % (Cfg.block_n / 4);
      *reinterpret_cast<float4 *>(&tile_b[r][4 * q]) = next_b[i];
    }
    __syncthreads();
    // The next step's loads are on their way while this one computes.
    if (at + Cfg.block_k < k)
      fetch(at + Cfg.block_k);
#pragma unroll
    for (int p = 0; p < Cfg.block_k; ++p) {
      float left[Cfg.thread_m], right[Cfg.thread_n];
#pragma unroll
      for (int i = 0; i < Cfg.thread_m; i += 4)
        *reinterpret_cast<float4 *>(&left[i]) =
            *reinterpret_cast<const float4 *>(&tile_a[p][row * Cfg.thread_m + i]);
      // Neighbours read neighbouring vectors: a thread's columns come in groups of four.
#pragma unroll
      for (int j = 0; j < Cfg.thread_n; j += 4)
        *reinterpret_cast<float4 *>(&right[j]) =
            *reinterpret_cast<const float4 *>(&tile_b[p][j * columns + column * 4]);
#pragma unroll
      for (int i = 0; i < Cfg.thread_m; ++i)
#pragma unroll
        for (int j = 0; j < Cfg.thread_n; ++j)
          sum[i][j] += left[i] * right[j];
    }
    __syncthreads();
  }
  c += (static_cast<std::size_t>(blockIdx.y) * Cfg.block_m + row * Cfg.thread_m) * n +
       blockIdx.x * Cfg.block_n + column * 4;
#pragma unroll
  for (int i = 0; i < Cfg.thread_m; ++i)
#pragma unroll
    for (int j = 0; j < Cfg.thread_n; j += 4)
      *reinterpret_cast<float4 *>(c + static_cast<std::size_t>(i) * n + j * columns) =
          make_float4(sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
}

#ifndef __CUDACC_RTC__
template <sgemm_config Cfg = sgemm_config{}>
TL_AUTOTUNE(configs = sgemm_space, timeout = 10)
void sgemm(int m, int n, int k, const float *a, const float *b, float *c, cudaStream_t stream) {
  sgemm_kernel<Cfg>
      <<<dim3(n / Cfg.block_n, m / Cfg.block_m), threads_of(Cfg), 0, stream>>>(n, k, a, b, c);
}

int main() {
  const int m = 4096, n = 4096, k = 4096;
  const std::vector<float> a = some_values(std::size_t(m) * k),
                           b = some_values(std::size_t(k) * n, 2);
  buffer<float> da(a), db(b), dc(std::size_t(m) * n);
  bench on;

  sgemm(m, n, k, da, db, dc, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> result = dc.to_host();
  // A sample of elements: all of them would take the host minutes.
  const std::size_t samples = 2000;
  const auto position = [&](std::size_t i) { return i * 8388593 % result.size(); };
  expect_close(
      "sgemm", samples, [&](std::size_t i) { return result[position(i)]; },
      [&](std::size_t i) {
        double sum = 0;
        for (int p = 0; p < k; ++p)
          sum += static_cast<double>(a[position(i) / n * k + p]) *
                 b[std::size_t(p) * n + position(i) % n];
        return sum;
      },
      1e-3, 1e-3);

  const double flop = 2.0 * m * n * k;
  blas library(on.stream);
  const auto [before, after, best] =
      on.times([&] { sgemm<sgemm_config{}>(m, n, k, da, db, dc, on.stream); },
               [&] { sgemm(m, n, k, da, db, dc, on.stream); },
               [&] { library &&library.gemm(0, false, m, n, k, da, db, dc); });
  report("sgemm", before, after, 1e-9 * flop / after, "TFLOP/s", library ? 1e-9 * flop / best : 0);
}
#endif // __CUDACC_RTC__
