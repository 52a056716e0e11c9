// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program for the tests of fleets: `program N [SECONDS]` calls a factory for a problem N, then again and again
// for so long, and says which variant ran last, how long the first call took and how long the longest.
// TEST_SLEEP_US: what a variant takes. Variant 3 is wrong, variant 2 the fastest.

#include <tl/autotune.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
inline constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 3, 4});

inline void take_time(int unroll) {
  static const char *const text = std::getenv("TEST_SLEEP_US");
  static const int us = text ? std::atoi(text) : 2000;
  std::this_thread::sleep_for(std::chrono::microseconds(unroll == 2 ? us : 2 * us));
}

/// Leaves which variant ran in `who`, so that the caller can tell.
template <config C = config{}>
[[tl::autotune(configs = space, timeout = 20, rep = 20, warmup = 0)]]
void scale(int n, const float *from, float *to, tl::scratch<int> who) {
  take_time(C.unroll);
  for (int i = 0; i < n; ++i)
    to[i] = (C.unroll == 3 ? 3 : 2) * from[i];
  *who.data() = C.unroll;
}

inline double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int main(int argc, char **argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : 100;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 0;
  std::vector<float> from(n, 1.0f), to(n);
  int who = 0, calls = 0;
  double first_s = 0, longest_s = 0;
  const double begun = now_s();
  do {
    std::fill(to.begin(), to.end(), 0.0f);
    const double before = now_s();
    scale(n, from.data(), to.data(), tl::scratch<int>(&who, 1));
    const double took = now_s() - before;
    first_s = calls++ == 0 ? took : first_s;
    longest_s = std::max(longest_s, took);
    for (const float it : to)
      if (it != 2.0f) {
        std::fprintf(stderr, "wrong: %g\n", it);
        return 1;
      }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (now_s() - begun < seconds);
  std::printf("variant=%d first_s=%.4f longest_s=%.4f calls=%d\n", who, first_s, longest_s, calls);
}
