// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tests of host programs have in common: a factory of four variants that are all right, and
// the record of what became of a problem.

#ifndef TL_TEST_HOST_H
#define TL_TEST_HOST_H

#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace host {

using namespace tl::keywords;

struct config {
  int step = 1;
};

inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2, 4, 8});

// Short sessions: these tests are about what happens around them.
template <config C = config{}>
[[tl::autotune(configs = steps, timeout = 5, budget = 2, rep = 4, warmup = 1)]]
void twice(int n, const float *x, float *y) {
  int i = 0;
  for (; i + C.step <= n; i += C.step)
    for (int k = 0; k < C.step; ++k)
      y[i + k] = 2 * x[i + k];
  for (; i < n; ++i)
    y[i] = 2 * x[i];
}

inline bool doubles(int n, const float *x, float *y) {
  twice(n, x, y);
  for (int i = 0; i < n; ++i)
    if (y[i] != 2 * x[i])
      return false;
  return true;
}

/// One call of `twice` on fresh buffers; whether it was right.
inline bool right(int n) {
  std::vector<float> x(static_cast<std::size_t>(n)), y(x.size(), -1);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i % 1000);
  return doubles(n, x.data(), y.data());
}

class stopwatch {
public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace host

#endif
