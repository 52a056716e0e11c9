// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the OpenMP tests share.

#ifndef TL_TEST_RUNTIME_INPUTS_OPENMP_H
#define TL_TEST_RUNTIME_INPUTS_OPENMP_H

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct chunk_config {
  int chunk = 16;
};

inline void sum_rows_in_parallel(int chunk, int n, const float *in, float *out) {
#pragma omp parallel for schedule(static, chunk)
  for (int i = 0; i < n; ++i) {
    float sum = 0;
    for (int j = 0; j < 16; ++j)
      sum += in[i * 16 + j];
    out[i] = sum;
  }
}

/// Has a pool of threads, then tunes, and uses the pool again.
template <class Call> int run_openmp_test(Call call) {
  const int n = 4096;
  int threads = 0;
#pragma omp parallel reduction(+ : threads)
  threads += 1;
  std::printf("before: %d threads\n", threads);
  std::vector<float> in(static_cast<std::size_t>(n) * 16, 0.5F), out(static_cast<std::size_t>(n));
  call(n, in.data(), out.data());
  int again = 0;
#pragma omp parallel reduction(+ : again)
  again += 1;
  for (const float value : out)
    if (value != 8)
      return 1;
  std::puts(again == threads ? "right" : "the pool has changed");
  return 0;
}

#endif
