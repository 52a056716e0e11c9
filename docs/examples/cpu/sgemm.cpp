// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single-precision matrix multiply on one CPU core: C = A * B, row-major, any size.
//
// Panels of A and B are packed into contiguous memory, and a tile of C stays in registers while a
// block of k passes by. How large that tile should be depends on how many vector registers there
// are and how wide they are; how much is packed at once, on the caches. Those are the tunables.

#include "compare.h"

#include <tl/autotune.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

using namespace tl::keywords;

/// The defaults are what one would write down for a machine with sixteen registers of eight floats:
/// a tile of 4 x 16, which is eight independent sums.
struct sgemm_config {
  int rows = 4;      ///< of the tile in registers
  int vectors = 2;   ///< in a row of that tile
  int width = 8;     ///< of a vector [floats]
  int block_k = 128; ///< packed at once
  int unroll = 1;    ///< steps along k
};

inline constexpr auto sgemm_space =
    tl::space<sgemm_config>()
        .axis(&sgemm_config::rows, {4, 6, 8, 12})
        .axis(&sgemm_config::vectors, {1, 2, 4})
        .axis(&sgemm_config::width, {4, 8, 16})
        .axis(&sgemm_config::block_k, {128, 256})
        .axis(&sgemm_config::unroll, {1, 4})
        .where([](sgemm_config c) {
          // Fewer sums do not hide the latency of an addition; more do not
          // fit any register file.
          return c.rows * c.vectors >= 8 && c.rows * c.vectors <= 24;
        });

/// `Width` floats that the compiler keeps in a vector register, at any address.
template <int Width> struct vector_of {
  typedef float type __attribute__((vector_size(Width * sizeof(float)), aligned(4), may_alias));
};

/// Adds the product of a packed panel of A and one of B to a full tile of C.
template <sgemm_config Cfg>
static inline void add_tile(int k, const float *a, const float *b, float *c,
                            std::ptrdiff_t stride) {
  using vector = typename vector_of<Cfg.width>::type;
  vector sum[Cfg.rows][Cfg.vectors] = {};
  const auto step = [&](int p) {
    const auto *row =
        reinterpret_cast<const vector *>(b + std::ptrdiff_t(p) * Cfg.vectors * Cfg.width);
    for (int i = 0; i < Cfg.rows; ++i)
      for (int j = 0; j < Cfg.vectors; ++j)
        sum[i][j] += a[std::ptrdiff_t(p) * Cfg.rows + i] * row[j];
  };
  int p = 0;
  for (; p + Cfg.unroll <= k; p += Cfg.unroll)
    for (int u = 0; u < Cfg.unroll; ++u)
      step(p + u);
  for (; p < k; ++p)
    step(p);
  for (int i = 0; i < Cfg.rows; ++i)
    for (int j = 0; j < Cfg.vectors; ++j)
      reinterpret_cast<vector *>(c + i * stride)[j] += sum[i][j];
}

static void sgemm_reference(int m, int n, int k, const float *a, const float *b, float *c) {
  std::fill_n(c, std::size_t(m) * n, 0.0f);
  for (int i = 0; i < m; ++i)
    for (int p = 0; p < k; ++p)
      for (int j = 0; j < n; ++j)
        c[std::size_t(i) * n + j] += a[std::size_t(i) * k + p] * b[std::size_t(p) * n + j];
}

template <sgemm_config Cfg = sgemm_config{}>
[[tl::autotune(configs = sgemm_space, reference = sgemm_reference, timeout = 10)]] void
    sgemm(int m, int n, int k, const float *a, const float *b, float *c) {
  constexpr int block_m = 96, columns = Cfg.vectors * Cfg.width;
  static_assert(block_m % Cfg.rows == 0);
  static thread_local std::vector<float> packed_a, packed_b;
  packed_a.resize(std::size_t(block_m) * Cfg.block_k);
  packed_b.resize(std::size_t(n + columns - 1) / columns * columns * Cfg.block_k);

  std::fill_n(c, std::size_t(m) * n, 0.0f);
  for (int k0 = 0; k0 < k; k0 += Cfg.block_k) {
    const int depth = std::min(Cfg.block_k, k - k0);
    float *to = packed_b.data();
    for (int j0 = 0; j0 < n; j0 += columns)
      for (int p = 0; p < depth; ++p)
        for (int j = j0; j < j0 + columns; ++j)
          *to++ = j < n ? b[std::size_t(k0 + p) * n + j] : 0.0f;

    for (int i0 = 0; i0 < m; i0 += block_m) {
      const int height = std::min(block_m, m - i0);
      to = packed_a.data();
      for (int i1 = i0; i1 < i0 + height; i1 += Cfg.rows)
        for (int p = 0; p < depth; ++p)
          for (int i = i1; i < i1 + Cfg.rows; ++i)
            *to++ = i < m ? a[std::size_t(i) * k + k0 + p] : 0.0f;

      for (int j0 = 0; j0 < n; j0 += columns)
        for (int i1 = 0; i1 < height; i1 += Cfg.rows) {
          const float *panel_a = packed_a.data() + std::size_t(i1) * depth;
          const float *panel_b = packed_b.data() + std::size_t(j0) * depth;
          float *tile = c + std::size_t(i0 + i1) * n + j0;
          const int tile_rows = std::min(Cfg.rows, height - i1),
                    tile_columns = std::min(columns, n - j0);
          if (tile_rows == Cfg.rows && tile_columns == columns) {
            add_tile<Cfg>(depth, panel_a, panel_b, tile, n);
            continue;
          }
          float edge[Cfg.rows * columns] = {};
          add_tile<Cfg>(depth, panel_a, panel_b, edge, columns);
          for (int i = 0; i < tile_rows; ++i)
            for (int j = 0; j < tile_columns; ++j)
              tile[std::size_t(i) * n + j] += edge[i * columns + j];
        }
    }
  }
}

/// Largest difference, relative to the size of the sums that make up an element.
static double largest_error(int k, const std::vector<float> &actual,
                            const std::vector<float> &expected) {
  double largest = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double error = std::abs(double(actual[i]) - expected[i]) / std::sqrt(double(k));
    largest = std::isnan(error) ? INFINITY : std::max(largest, error);
  }
  return largest;
}

int main(int argc, char **argv) {
  const int m = argc > 1 ? std::atoi(argv[1]) : 1024;
  const int n = argc > 3 ? std::atoi(argv[2]) : m;
  const int k = argc > 3 ? std::atoi(argv[3]) : m;
  if (m <= 0 || n <= 0 || k <= 0) {
    std::fprintf(stderr, "usage: %s [size | m n k], expected positive numbers\n", argv[0]);
    return 2;
  }

  std::vector<float> a(std::size_t(m) * k), b(std::size_t(k) * n), c(std::size_t(m) * n),
      expected(c.size());
  std::minstd_rand random(42);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (float &value : a)
    value = uniform(random);
  for (float &value : b)
    value = uniform(random);
  sgemm_reference(m, n, k, a.data(), b.data(), expected.data());

  sgemm(m, n, k, a.data(), b.data(), c.data()); // the first call finds the winner and runs it
  const double error = largest_error(k, c, expected);
  const comparison times = compare(
      15, [&] { sgemm<sgemm_config{}>(m, n, k, a.data(), b.data(), c.data()); },
      [&] { sgemm(m, n, k, a.data(), b.data(), c.data()); });

  const double work = 2e-6 * m * n * k; // [Mflop], so that work / ms is Gflop/s
  std::printf("sgemm %d x %d x %d\n", m, n, k);
  std::printf("  default config  %9.3f ms  %7.1f Gflop/s\n", times.first, work / times.first);
  std::printf("  tuned           %9.3f ms  %7.1f Gflop/s  %.2f times as fast\n", times.second,
              work / times.second, times.first / times.second);
  std::printf("  largest error   %9.1e  %s\n", error, error < 1e-5 ? "correct" : "WRONG");
  return error < 1e-5 ? 0 : 1;
}
