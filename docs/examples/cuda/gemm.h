// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the half-precision GEMM examples share: tiles that come into shared memory by asynchronous
// copies, the way results are stored, and the program around the kernel.

#ifndef TL_EXAMPLES_CUDA_GEMM_H
#define TL_EXAMPLES_CUDA_GEMM_H

#include "example.h"

#include <chrono>
#include <cstdint>
#include <cuda_fp16.h>

/// Depth of a step [halves]: rows of 128 bytes, which is what the swizzle is made for.
constexpr int step = 64;

__device__ inline void copy_async(std::uint32_t to, const void *from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
__device__ inline void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int Left> __device__ inline void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Left) : "memory");
}

/// Address of 16 bytes (column `chunk`) of a row of a tile.
__device__ inline std::uint32_t swizzled(std::uint32_t tile, int row, int chunk) {
  return tile + static_cast<std::uint32_t>(row * 128 + ((chunk ^ (row & 7)) << 4));
}

template <int Rows, int Threads>
__device__ inline void copy_tile(std::uint32_t to, const __half *from, int stride, int thread) {
  static_assert(Rows * 8 % Threads == 0);
#pragma unroll
  for (int i = 0; i < Rows * 8 / Threads; ++i) {
    const int index = thread + i * Threads, row = index / 8, chunk = index % 8;
    copy_async(swizzled(to, row, chunk), from + static_cast<std::size_t>(row) * stride + chunk * 8);
  }
}

__device__ inline std::uint32_t halves(float low, float high) {
  const __half2 both = __floats2half2_rn(low, high);
  return *reinterpret_cast<const std::uint32_t *>(&both);
}

/// Of four runs of eight halves, four neighbouring lanes hold two halves of each; afterwards each
/// lane has one run as a whole, which is 16 bytes to store at once.
__device__ inline uint4 whole_run(const std::uint32_t (&part)[4], int lane) {
  const bool upper = lane & 2, odd = lane & 1;
  const std::uint32_t x0 = __shfl_xor_sync(~0u, upper ? part[0] : part[2], 2);
  const std::uint32_t x1 = __shfl_xor_sync(~0u, upper ? part[1] : part[3], 2);
  const std::uint32_t a0 = upper ? x0 : part[0], a1 = upper ? x1 : part[1]; // of lanes 0 and 1
  const std::uint32_t b0 = upper ? part[2] : x0, b1 = upper ? part[3] : x1; // of lanes 2 and 3
  const std::uint32_t y = __shfl_xor_sync(~0u, odd ? a0 : a1, 1);
  const std::uint32_t z = __shfl_xor_sync(~0u, odd ? b0 : b1, 1);
  return odd ? uint4{y, a1, z, b1} : uint4{a0, y, b0, z};
}

/// Stores the 16 x N results of a warp at `c`. A thread has four of each 16 x 8, as mma and wgmma
/// leave them.
template <int N>
__device__ inline void store_rows(const float (&sum)[N / 8][4], __half *c, int stride, int lane) {
  __half *to = c + static_cast<std::size_t>(lane / 4) * stride + lane % 4 * 8;
#pragma unroll
  for (int below = 0; below < 2; ++below)
#pragma unroll
    for (int j = 0; j < N / 8; j += 4) {
      std::uint32_t part[4];
#pragma unroll
      for (int i = 0; i < 4; ++i)
        part[i] = halves(sum[j + i][2 * below], sum[j + i][2 * below + 1]);
      *reinterpret_cast<uint4 *>(to + static_cast<std::size_t>(8 * below) * stride + j * 8) =
          whole_run(part, lane);
    }
}

/// Which tile of C a block computes.
struct block_position {
  int row, column;
};

/// Blocks in groups of rows: those that run at the same time share more of A and B in the cache.
__device__ inline block_position position_of(int id, int blocks_m, int blocks_n, int group) {
  const int per_group = group * blocks_n;
  const int first = id / per_group * group;
  const int rows = blocks_m - first < group ? blocks_m - first : group;
  return {first + id % per_group % rows, id % per_group / rows};
}

/// Tunes, checks and times a GEMM for each size on the command line.
template <class Tuned, class Default>
int check_gemm(const char *what, int argc, char **argv, Tuned &&tuned, Default &&plain) {
  bench on;
  blas library(on.stream);
  std::vector<int> sizes;
  for (int i = 1; i < argc; ++i)
    sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty())
    sizes = {2048, 4096, 8192};
  for (const int size : sizes) {
    const int m = size, n = size, k = size;
    const std::vector<float> fa = some_values(std::size_t(m) * k),
                             fb = some_values(std::size_t(n) * k, 2);
    const std::vector<__half> a(fa.begin(), fa.end()), b(fb.begin(), fb.end());
    buffer<__half> da(a), db(b), dc(std::size_t(m) * n);

    const auto begin = std::chrono::steady_clock::now();
    tuned(m, n, k, da, db, dc, on.stream);
    CHECK(cudaStreamSynchronize(on.stream));
    const std::chrono::duration<double> first_call = std::chrono::steady_clock::now() - begin;
    std::printf("%s %d: the first call took %.3f s\n", what, size, first_call.count());
    const std::vector<__half> result = dc.to_host();
    // A sample of elements: all of them would take the host minutes.
    const std::size_t samples = 1000;
    const auto position = [&](std::size_t i) { return i * 8388593 % result.size(); };
    expect_close(
        what, samples, [&](std::size_t i) { return double(__half2float(result[position(i)])); },
        [&](std::size_t i) {
          double sum = 0;
          for (int p = 0; p < k; ++p)
            sum += double(__half2float(a[position(i) / n * k + p])) *
                   __half2float(b[position(i) % n * k + p]);
          return sum;
        },
        2e-3, 2e-2);

    const double flop = 2.0 * m * n * k;
    const auto [before, after, best] =
        on.times([&] { plain(m, n, k, da, db, dc, on.stream); },
                 [&] { tuned(m, n, k, da, db, dc, on.stream); },
                 [&] { library &&library.gemm(2, true, m, n, k, da, db, dc); });
    char name[64];
    std::snprintf(name, sizeof name, "%s %d", what, size);
    report(name, before, after, 1e-9 * flop / after, "TFLOP/s", library ? 1e-9 * flop / best : 0);
  }
  return 0;
}

#endif
