// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels.h"

#include <cstdio>
#include <vector>

int main() { // C++17
  std::vector<float> from(64 * 64, 1.0f), to(64 * 64);
  stencil_f32(64, 64, from.data(), to.data());
  kernels::scale(64 * 64, 2.0f, to.data());
  std::puts(to[65] > 1.99f && to[65] < 2.01f ? "right" : "wrong");
}
