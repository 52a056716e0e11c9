// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Outputs behind tables of pointers and vectors of vectors, on the heap: each row is found and compared.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: pointers: 0 wrong
// CHECK: vectors: 0 wrong
// RUN: %sql "select count(*) from trials where config = 'unroll=8' and status = 2" | FileCheck %s --check-prefix=WRONG
// WRONG: 2

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void by_pointers(int n, int m, double **rows) {
  const int last = C.unroll == 8 ? m / 2 : m; // 8 is wrong and fastest
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < last; ++k)
      rows[i][k] = rows[i][k] * 2 + i;
}
template <config C = config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8}, rep = 10, warmup = 1)]]
void by_vectors(std::vector<std::vector<float>> &rows) {
  for (auto &row : rows)
    for (std::size_t k = 0; k < (C.unroll == 8 ? row.size() / 2 : row.size()); ++k)
      row[k] = row[k] * 2 + 1;
}

int main() {
  const int n = 16, m = 1000;
  std::vector<std::vector<double>> memory(n, std::vector<double>(m, 1.5));
  std::vector<double *> rows;
  for (auto &it : memory)
    rows.push_back(it.data());
  by_pointers(n, m, rows.data());
  int wrong = 0;
  for (int i = 0; i < n; ++i)
    for (double it : memory[i])
      wrong += it != 3 + i;
  std::printf("pointers: %d wrong\n", wrong);
  std::vector<std::vector<float>> vectors(n, std::vector<float>(m, 0.25f));
  by_vectors(vectors);
  wrong = 0;
  for (auto &row : vectors)
    for (float it : row)
      wrong += it != 1.5f;
  std::printf("vectors: %d wrong\n", wrong);
}
