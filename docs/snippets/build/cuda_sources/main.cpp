// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled by GCC; the tuned function behind this declaration is Clang's.

#include <cstdio>

bool scale(int n);

int main() {
  const bool good = scale(1 << 20);
  std::puts(good ? "right" : "no CUDA device, or a wrong result");
  return good ? 0 : 1;
}
