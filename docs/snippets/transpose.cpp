// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct tile {
  int rows = 1;
  int columns = 1;
};

constexpr auto tiles = tl::space<tile>()
    .axis(&tile::rows, {1, 4, 8, 16, 32, 64})
    .axis(&tile::columns, {1, 4, 8, 16, 32, 64});

template <tile T = tile{}>
[[tl::autotune(configs = tiles, timeout = 10)]]
void transpose(int n, const float *from, float *to) {
  for (int row = 0; row < n; row += T.rows)
    for (int column = 0; column < n; column += T.columns)
      for (int i = row; i < row + T.rows; ++i)
        for (int j = column; j < column + T.columns; ++j)
          to[j * n + i] = from[i * n + j];
}

int main() {
  const int n = 960; // a multiple of every tile
  std::vector<float> from(n * n), to(n * n);
  for (int i = 0; i < n * n; ++i)
    from[i] = static_cast<float>(i);

  transpose(n, from.data(), to.data()); // the first call for n = 960 tunes

  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i)
    transpose(n, from.data(), to.data());
  const std::chrono::duration<double, std::milli> tuned = std::chrono::steady_clock::now() - begin;
  std::printf("%.2f ms per call, %s\n", tuned.count() / 10,
              to[5 * n + 3] == from[3 * n + 5] ? "right" : "wrong");
}
