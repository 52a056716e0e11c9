// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A matrix multiply whose space has more than two thousand configs, as a GPU's has them: a tile of
// C for each block, in it a tile for each warp, in that one for each thread, which divide each
// other. On a CPU core a block's share stays in the second-level cache, a warp's in the first, a
// thread's in registers. `utils/bench/large_space` compiles it in shards, links it and tunes it.
//
// With SPACE_ONLY the variants do nothing: what is left is the evaluation of the space.

#include <tl/autotune.h>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace tl::keywords;

struct sgemm_config {
  int block_m = 64, block_n = 64, block_k = 32;
  int warp_m = 32, warp_n = 32;
  int thread_m = 4, thread_n = 8;
  int unroll = 1; ///< steps along k
};

inline constexpr auto sgemm_space =
    tl::space<sgemm_config>()
        .axis(&sgemm_config::block_m, {32, 64, 128})
        .axis(&sgemm_config::block_n, {32, 64, 128})
        .axis(&sgemm_config::block_k, {32, 64})
        .axis(&sgemm_config::warp_m, {16, 32, 64})
        .axis(&sgemm_config::warp_n, {16, 32, 64})
        .axis(&sgemm_config::thread_m, {2, 4, 8})
        .axis(&sgemm_config::thread_n, {8, 16, 32})
        .axis(&sgemm_config::unroll, {1, 2, 4})
        .where(
            [](sgemm_config c) { return c.block_m % c.warp_m == 0 && c.block_n % c.warp_n == 0; })
        .where(
            [](sgemm_config c) { return c.warp_m % c.thread_m == 0 && c.warp_n % c.thread_n == 0; })
        .where([](sgemm_config c) { return c.block_k % c.unroll == 0; })
        // Sums that hide an addition's latency, and fit registers.
        .where([](sgemm_config c) {
          return c.thread_m * c.thread_n >= 32 && c.thread_m * c.thread_n <= 128;
        })
        // Threads of a warp.
        .where([](sgemm_config c) {
          const int threads = c.warp_m / c.thread_m * (c.warp_n / c.thread_n);
          return threads >= 4 && threads <= 64;
        });

static void sgemm_reference(int m, int n, int k, const float *a, const float *b, float *c) {
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int p = 0; p < k; ++p)
        sum += double(a[std::size_t(i) * k + p]) * b[std::size_t(p) * n + j];
      c[std::size_t(i) * n + j] = float(sum);
    }
}

/// Eight floats that the compiler keeps in a vector register, at any address.
typedef float vector __attribute__((vector_size(32), aligned(4), may_alias));

/// m and n are multiples of the largest block, k of the largest block_k.
template <sgemm_config C = sgemm_config{}>
TL_AUTOTUNE(configs = sgemm_space, reference = sgemm_reference, timeout = 10)
void sgemm(int m, int n, int k, const float *a, const float *b, float *c) {
#ifndef SPACE_ONLY
  constexpr int vectors = C.thread_n / 8;
  const auto thread_tile = [&](int i, int j, int k0) {
    vector sum[C.thread_m][vectors];
    for (int x = 0; x < C.thread_m; ++x)
      for (int y = 0; y < vectors; ++y)
        sum[x][y] =
            k0 ? *reinterpret_cast<vector *>(c + std::size_t(i + x) * n + j + 8 * y) : vector{};
    for (int p0 = k0; p0 < k0 + C.block_k; p0 += C.unroll)
#pragma clang loop unroll(full)
      for (int p = p0; p < p0 + C.unroll; ++p)
        for (int x = 0; x < C.thread_m; ++x)
          for (int y = 0; y < vectors; ++y)
            sum[x][y] += a[std::size_t(i + x) * k + p] *
                         *reinterpret_cast<const vector *>(b + std::size_t(p) * n + j + 8 * y);
    for (int x = 0; x < C.thread_m; ++x)
      for (int y = 0; y < vectors; ++y)
        *reinterpret_cast<vector *>(c + std::size_t(i + x) * n + j + 8 * y) = sum[x][y];
  };
  for (int block_i = 0; block_i < m; block_i += C.block_m)
    for (int block_j = 0; block_j < n; block_j += C.block_n)
      for (int k0 = 0; k0 < k; k0 += C.block_k)
        for (int warp_i = block_i; warp_i < block_i + C.block_m; warp_i += C.warp_m)
          for (int warp_j = block_j; warp_j < block_j + C.block_n; warp_j += C.warp_n)
            for (int i = warp_i; i < warp_i + C.warp_m; i += C.thread_m)
              for (int j = warp_j; j < warp_j + C.warp_n; j += C.thread_n)
                thread_tile(i, j, k0);
#endif
}

int main(int argc, char **argv) {
  const int size = argc > 1 ? std::atoi(argv[1]) : 256;
  if (size <= 0 || size % 128) {
    std::fprintf(stderr, "usage: %s [size], expected a multiple of 128\n", argv[0]);
    return 2;
  }
  const std::size_t count = std::size_t(size) * size;
  std::vector<float> a(count), b(count), c(count), expected(count);
  for (std::size_t i = 0; i < count; ++i) {
    a[i] = float(i % 17) / 17 - 0.5f;
    b[i] = float(i % 23) / 23 - 0.5f;
  }
  sgemm_reference(size, size, size, a.data(), b.data(), expected.data());
  sgemm(size, size, size, a.data(), b.data(), c.data());
  double error = 0;
  for (std::size_t i = 0; i < count; ++i)
    error = std::fmax(error, std::fabs(double(c[i]) - expected[i]));
  std::printf("sgemm %d: largest error %.1e, %s\n", size, error,
              error < 1e-3 ? "correct" : "WRONG");
  return error < 1e-3 ? 0 : 1;
}
