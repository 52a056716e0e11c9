// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler evaluates was never going to be tuned, and is no reason for a warning.
//
// RUN: %clangxx %plugin -Wall -Wextra -Werror -fsyntax-only %s

#include <array>
#include <tl/autotune.h>

struct config {
  int width = 1;
};
template <config C = config{}> [[tl::autotune({.width = 2})]] constexpr int blocks(int n) { return n * 4; }
std::array<int, blocks(4)> buffer;
template <int N> struct sized {};
sized<blocks(1) + blocks(2)> sum;
template <int N = blocks(2)> struct by_default {};
by_default<> made;
std::array<int, blocks(blocks(1))> nested;
