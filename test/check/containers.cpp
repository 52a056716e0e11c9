// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Containers that the function fills anew: what they hold afterwards counts, wherever it lies.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: grown: 500 3
// CHECK: text: 100 x
// RUN: %sql "select count(*) from trials where config = 'way=1' and status = 2" | FileCheck %s --check-prefix=WRONG
// WRONG: 2
// RUN: %sql "select count(*) from trials where config = 'way=2' and status in (1, 9)" | FileCheck %s --check-prefix=RIGHT
// RIGHT: 2

#include <tl/autotune.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int way = 0;
};
template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, rep = 10, warmup = 1)]]
void grow(int n, std::vector<int> &to) {
  if (C.way == 2)
    to.reserve(n);
  for (int i = 0; i < n; ++i)
    to.push_back(C.way == 1 && i == 7 ? 4 : 3);
  if (C.way == 1)
    for (int i = 0; i < n; ++i)
      to[i] += 1;
}
template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, rep = 10, warmup = 1)]]
void write(int n, std::string &to) {
  to.assign(C.way == 1 ? n - 1 : n, 'x');
}

int main() {
  std::vector<int> to;
  grow(500, to);
  std::printf("grown: %zu %d\n", to.size(), to[7]);
  std::string text;
  write(100, text);
  std::printf("text: %zu %c\n", text.size(), text[99]);
}
