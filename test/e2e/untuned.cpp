// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compilers without the plugin build the same source, which then runs its default configs and needs
// no runtime. With the macro in place of the attribute they do not even warn.
//
// RUN: %gxx -Wall -Wextra -Werror -O2 %s -o %t.gcc
// RUN: %t.gcc | %filecheck %s
// RUN: %clangxx -Wall -Wextra -Werror -O2 %s -o %t.clang
// RUN: %t.clang | %filecheck %s
// RUN: %gxx -O2 -DTL_TEST_ATTRIBUTE %s -o %t.attribute
// RUN: %t.attribute | %filecheck %s
// RUN: %clangxx -O2 -DTL_TEST_ATTRIBUTE %s -o %t.attribute
// RUN: %t.attribute | %filecheck %s
// CHECK: first 1
// CHECK: second 1
// CHECK: chosen 4
// RUN: not %trials
//
// With it, the same source is tuned.
// RUN: %clangxx %plugin -O2 %s -o %t.tuned %runtime
// RUN: env TL_FORCE_CONFIG=step=2 %t.tuned | %filecheck %s --check-prefix=FORCED
// FORCED: first 2
// FORCED: second 2
// FORCED: chosen 4

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct step_config {
  int step = 1;
};

inline constexpr auto steps = tl::space<step_config>().axis(&step_config::step, {1, 2, 4});

template <class T, step_config C = step_config{}>
#ifdef TL_TEST_ATTRIBUTE
[[tl::autotune(configs = steps, skip_check = true)]]
#else
TL_AUTOTUNE(configs = steps, skip_check = true)
#endif
int step(T) {
  return C.step;
}

int main() {
  std::printf("first %d\n", step(1));
  std::printf("second %d\n", step<long>(1));
  std::printf("chosen %d\n", step<long, step_config{.step = 4}>(1));
}
