// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A5, tunables given explicitly skip tuning: the rest take their defaults, nothing is looked up or stored,
// and what TL_TUNE and TL_FORCE_CONFIG say does not matter.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: env TL_FORCE_CONFIG=rows=8,columns=8 TL_TUNE=require %t | %filecheck %s
// CHECK: all given 4 x 2
// CHECK: one given 2 x 1
// CHECK: a handle of a given config 4 x 1
// RUN: not %trials
//
// The plain call is another matter.
// RUN: env TL_FORCE_CONFIG=rows=8,columns=8 %t tuned | %filecheck %s --check-prefix=TUNED
// TUNED: tuned 8 x 8

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct tile {
  int rows = 1, columns = 1;
};
inline constexpr auto tiles = tl::space<tile>().axis(&tile::rows, {1, 2, 4, 8}).axis(&tile::columns, {1, 2, 8});

template <tile C = tile{}>
TL_AUTOTUNE(configs = tiles, skip_check = true)
void work(const char *what) {
  std::printf("%s %d x %d\n", what, C.rows, C.columns);
}

using launch = tl::kernel<void(const char *)>;
template <tile C = tile{}>
TL_AUTOTUNE(configs = tiles, skip_check = true)
launch describe() {
  return launch(+[](const char *what) { std::printf("%s %d x %d\n", what, C.rows, C.columns); });
}

int main(int argc, char **) {
  if (argc > 1) {
    work("tuned");
    return 0;
  }
  work<tile{.rows = 4, .columns = 2}>("all given");
  work<tile{.rows = 2}>("one given");
  describe<tile{.rows = 4}>()("a handle of a given config");
}
