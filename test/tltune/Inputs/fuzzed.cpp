// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program that tunes two small problems: what utils/fuzz-files runs.

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int u = 1;
};
constexpr auto space = tl::space<config>().axis(&config::u, {1, 2, 3});

template <config C = config{}>
[[tl::autotune(configs = space, rep = 3, warmup = 0, timeout = 5)]]
void twice(int n, const int *from, int *to) {
  for (int first = 0; first < C.u; ++first)
    for (int i = first; i < n; i += C.u)
      to[i] = 2 * from[i];
}

int main() {
  std::vector<int> from(100, 3), to(100);
  twice(50, from.data(), to.data());
  twice(100, from.data(), to.data());
  std::puts(to[99] == 6 ? "right" : "wrong");
}
