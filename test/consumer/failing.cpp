// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct step_config {
  int step = 1;
};

template <step_config C = step_config{}>
TL_AUTOTUNE({.step = 2}, {.step = 3}, {.step = 4}, timeout = 10)
void fill(int n, int *to) {
  static_assert(C.step % 2 != 0 || C.step == 4, "step 2 is not supported");
  // Nobody but the assembler notices.
  if constexpr (C.step == 4)
    asm volatile("no_such_instruction");
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to[i] = i;
}

int main() {
  int to[100];
  fill(100, to);
  for (int i = 0; i < 100; ++i)
    if (to[i] != i)
      return 1;
  std::puts("right");
}
