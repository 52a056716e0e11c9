// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a first call and later calls take; utils/bench/remote runs it with and without other
// machines' winners.

#include <tl/autotune.h>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
inline constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 4});

template <config C = config{}>
[[tl::autotune(configs = space, timeout = 10, rep = 5, warmup = 0)]] void
    scale(int n, const float *from, float *to) {
  for (int first = 0; first < C.unroll; ++first)
    for (int i = first; i < n; i += C.unroll)
      to[i] = 2 * from[i];
}

static double now_ns() {
  return std::chrono::duration<double, std::nano>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int main() {
  constexpr int size = 64, calls = 1000000;
  std::vector<float> from(size, 1.0f), to(size);
  const double begun = now_ns();
  scale(size, from.data(), to.data());
  const double first = now_ns() - begun;
  const double again = now_ns();
  for (int i = 0; i < calls; ++i)
    scale(size, from.data(), to.data());
  std::printf("first_us=%.1f later_ns=%.2f\n", first * 1e-3, (now_ns() - again) / calls);
}
