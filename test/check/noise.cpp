// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the reference leaves differently each time is not compared, and what lies beside it is. If there is nothing else, the
// function is not tuned.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: values: right
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// ERR: only_time(n=8) runs its default config: {{.*}}it changes nothing that can be compared
// RUN: %sql "select group_concat(status) from trials where config = 'way=1'" | FileCheck %s --check-prefix=WRONG
// WRONG: 2
// RUN: %sql "select count(*) from trials where config = 'way=2' and status in (1, 9)" | FileCheck %s --check-prefix=GOOD
// GOOD: 1

#include <tl/autotune.h>

#include <cstdio>
#include <cstdint>
#include <ctime>

using namespace tl::keywords;

struct record {
  std::uint64_t stamp, before;
  int values[64];
};
static record last; // at file scope: nobody's argument
static std::uint64_t now() {
  timespec it{};
  clock_gettime(CLOCK_MONOTONIC, &it);
  return std::uint64_t(it.tv_sec) * 1000000000 + std::uint64_t(it.tv_nsec);
}
struct config {
  int way = 0;
};
template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, rep = 10, warmup = 1)]]
void stamped(int n) {
  for (int i = 0; i < n; ++i)
    last.values[i] = i * 3 + (C.way == 1);
  last.stamp = now();
}
static std::uint64_t stamp;
template <config C = config{}>
[[tl::autotune({.way = 1}, rep = 10, warmup = 1)]]
void only_time(int n) { stamp = now() + n + C.way; }

int main() {
  stamped(64);
  bool right = true;
  for (int i = 0; i < 64; ++i)
    right = right && last.values[i] == i * 3;
  std::printf("values: %s\n", right ? "right" : "WRONG");
  only_time(8);
}
