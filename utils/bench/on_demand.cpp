// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The matrix multiply of docs/examples/cpu/sgemm.cpp with more tunables: 336,000 configs, of which
// utils/bench/on_demand has one compiled with the program, or with -DSUBSET about three thousand,
// all of them. -DONE_CONFIG: no other one at all, for comparison. -DCOMPARED={...},{...}: prints
// what a call of each of these configs takes, by turns.

#include <tl/autotune.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

using namespace tl::keywords;

struct sgemm_config {
  int rows = 4;       ///< of the tile in registers
  int vectors = 2;    ///< in a row of that tile
  int width = 8;      ///< of a vector [floats]
  int block_k = 128;  ///< packed at once
  int block_m = 96;   ///< rows of A packed at once
  int block_n = 256;  ///< columns of B packed at once
  int unroll = 1;     ///< steps along k
  bool ahead = false; ///< asks for the next block of B before it is needed
};

constexpr bool fits(sgemm_config c) {
  return c.rows * c.vectors >= 4 && c.rows * c.vectors <= 32 && c.block_m % c.rows == 0 &&
         c.block_n % (c.vectors * c.width) == 0 && c.block_k % c.unroll == 0;
}

#ifdef SUBSET
constexpr auto sgemms = tl::space<sgemm_config>()
                            .axis(&sgemm_config::rows, {2, 4, 6, 8, 12})
                            .axis(&sgemm_config::vectors, {1, 2, 4})
                            .axis(&sgemm_config::width, {4, 8, 16})
                            .axis(&sgemm_config::block_k, {64, 128, 256})
                            .axis(&sgemm_config::block_m, {48, 96, 192})
                            .axis(&sgemm_config::block_n, {256, 512})
                            .axis(&sgemm_config::unroll, {1, 2, 4})
                            .axis(&sgemm_config::ahead, {false, true})
                            .where(fits);
#else
constexpr auto sgemms =
    tl::space<sgemm_config>()
        .axis(&sgemm_config::rows, {1, 2, 3, 4, 6, 8, 12})
        .axis(&sgemm_config::vectors, {1, 2, 3, 4, 6})
        .axis(&sgemm_config::width, {4, 8, 16})
        .axis(&sgemm_config::block_k, {32, 64, 96, 128, 192, 256, 384, 512})
        .axis(&sgemm_config::block_m, {12, 24, 48, 72, 96, 120, 144, 192, 240, 288})
        .axis(&sgemm_config::block_n, {96, 128, 192, 256, 384, 512, 768, 1024, 2048})
        .axis(&sgemm_config::unroll, {1, 2, 4, 8})
        .axis(&sgemm_config::ahead, {false, true})
        .where(fits);
#endif

template <int Width> struct vector_of {
  typedef float type __attribute__((vector_size(Width * sizeof(float)), aligned(4), may_alias));
};

template <sgemm_config C>
static inline void add_tile(int k, const float *a, const float *b, float *c,
                            std::ptrdiff_t stride) {
  using vector = typename vector_of<C.width>::type;
  vector sum[C.rows][C.vectors] = {};
  const auto step = [&](int p) {
    const float *const next = b + std::ptrdiff_t(p) * C.vectors * C.width;
    const auto *row = reinterpret_cast<const vector *>(next);
    if constexpr (C.ahead)
      __builtin_prefetch(next + 16 * C.vectors * C.width);
    for (int i = 0; i < C.rows; ++i)
      for (int j = 0; j < C.vectors; ++j)
        sum[i][j] += a[std::ptrdiff_t(p) * C.rows + i] * row[j];
  };
  int p = 0;
  for (; p + C.unroll <= k; p += C.unroll)
    for (int u = 0; u < C.unroll; ++u)
      step(p + u);
  for (; p < k; ++p)
    step(p);
  for (int i = 0; i < C.rows; ++i)
    for (int j = 0; j < C.vectors; ++j)
      reinterpret_cast<vector *>(c + i * stride)[j] += sum[i][j];
}

template <sgemm_config C = sgemm_config{}>
#if defined(ONE_CONFIG)
[[tl::autotune(configs = tl::space<sgemm_config>())]]
#elif defined(SUBSET)
[[tl::autotune(configs = sgemms)]]
#else
[[tl::autotune(configs = tl::on_demand(sgemms))]]
#endif
void sgemm(int m, int n, int k, const float *a, const float *b, float *c) {
  constexpr int columns = C.vectors * C.width;
  static thread_local std::vector<float> packed_a, packed_b;
  packed_a.resize(std::size_t(C.block_m) * C.block_k);
  packed_b.resize(std::size_t(C.block_n) * C.block_k);
  std::fill_n(c, std::size_t(m) * n, 0.0f);
  for (int n0 = 0; n0 < n; n0 += C.block_n) {
    const int breadth = std::min(C.block_n, n - n0);
    for (int k0 = 0; k0 < k; k0 += C.block_k) {
      const int depth = std::min(C.block_k, k - k0);
      float *to = packed_b.data();
      for (int j0 = 0; j0 < breadth; j0 += columns)
        for (int p = 0; p < depth; ++p)
          for (int j = j0; j < j0 + columns; ++j)
            *to++ = j < breadth ? b[std::size_t(k0 + p) * n + n0 + j] : 0.0f;
      for (int i0 = 0; i0 < m; i0 += C.block_m) {
        const int height = std::min(C.block_m, m - i0);
        to = packed_a.data();
        for (int i1 = 0; i1 < height; i1 += C.rows)
          for (int p = 0; p < depth; ++p)
            for (int i = i1; i < i1 + C.rows; ++i)
              *to++ = i < height ? a[std::size_t(i0 + i) * k + k0 + p] : 0.0f;
        for (int j0 = 0; j0 < breadth; j0 += columns)
          for (int i1 = 0; i1 < height; i1 += C.rows) {
            const float *panel_a = packed_a.data() + std::size_t(i1) * depth;
            const float *panel_b = packed_b.data() + std::size_t(j0) * depth;
            float *tile = c + std::size_t(i0 + i1) * n + n0 + j0;
            const int tile_rows = std::min(C.rows, height - i1),
                      tile_columns = std::min(columns, breadth - j0);
            if (tile_rows == C.rows && tile_columns == columns) {
              add_tile<C>(depth, panel_a, panel_b, tile, n);
              continue;
            }
            float edge[C.rows * columns] = {};
            add_tile<C>(depth, panel_a, panel_b, edge, columns);
            for (int i = 0; i < tile_rows; ++i)
              for (int j = 0; j < tile_columns; ++j)
                tile[std::size_t(i) * n + j] += edge[i * columns + j];
          }
      }
    }
  }
}

static double milliseconds() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

#ifdef COMPARED
static constexpr sgemm_config compared[] = {COMPARED};

template <std::size_t... I>
static void compare(int n, const float *a, const float *b, float *c, std::index_sequence<I...>) {
  constexpr int rounds = 41, calls = 25;
  std::vector<double> taken[sizeof...(I)];
  const auto measure = [&](auto index) {
    constexpr std::size_t i = decltype(index)::value;
    sgemm<compared[i]>(n, n, n, a, b, c); // its buffers, and what the last one left in caches
    const double begin = milliseconds();
    for (int call = 0; call < calls; ++call)
      sgemm<compared[i]>(n, n, n, a, b, c);
    taken[i].push_back((milliseconds() - begin) / calls);
  };
  for (int round = 0; round < rounds; ++round)
    (measure(std::integral_constant<std::size_t, I>()), ...);
  for (std::vector<double> &it : taken) {
    std::ranges::nth_element(it, it.begin() + rounds / 2);
    std::printf("%.4f\n", it[rounds / 2]);
  }
}
#endif

int main(int argc, char **argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : 256;
  std::vector<float> a(std::size_t(n) * n), b(a.size()), c(a.size());
  std::minstd_rand random(42);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] = uniform(random), b[i] = uniform(random);
#ifdef COMPARED
  compare(n, a.data(), b.data(), c.data(), std::make_index_sequence<std::size(compared)>());
  return 0;
#endif
  const double begin = milliseconds();
  sgemm(n, n, n, a.data(), b.data(), c.data());
  const double first = milliseconds() - begin;
  double best = 1e30;
  for (int i = 0; i < 200; ++i) {
    const double start = milliseconds();
    sgemm(n, n, n, a.data(), b.data(), c.data());
    best = std::min(best, milliseconds() - start);
  }
#ifdef COUNT
  std::printf("%zu configs\n", sgemms.size());
#endif
  std::printf("%zu combinations, first call %.3f s, %.4f ms per call\n", sgemms.combinations(),
              first / 1000, best);
}
