// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Offline tuning: a program tunes a list of problems from generated inputs and leaves before its main
// work; the application's run then finds every winner. With `tltune run` they are in the database that is named, and
// it is said what was found.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t --tune | %filecheck %s --check-prefix=TUNE
// TUNE-COUNT-3: tuned
// TUNE-NOT: main work
// RUN: env TL_TUNE=require %t | %filecheck %s --check-prefix=WORK
// WORK: main work 64 1000 4096
// RUN: not env TL_CACHE_DIR=%t.none TL_DB_PATH=%t.one.db:%t.two/autotune.db TL_TUNE=require %t 2>&1 | FileCheck %s --check-prefix=ASKED
// ASKED: has no stored winner and TL_TUNE=require: looked in {{.*}}.none/autotune.db and {{.*}}.one.db and {{.*}}.two/autotune.db for factory
//
// RUN: rm -rf %t.shipped && mkdir %t.shipped
// RUN: %tltune --db %t.shipped/autotune.db run -- %t --tune 2>&1 | FileCheck %s --check-prefix=SAID
// RUN: env TL_CACHE_DIR=%t.none TL_DB_PATH=%t.shipped/autotune.db TL_TUNE=require %t | %filecheck %s --check-prefix=WORK
// The program and the tool write to two streams of one pipe: in any order.
// SAID-DAG: tuned block={{[0-9]+}}
// SAID-DAG: tltune: 3 problems were tuned; the database holds 3 winners
// SAID-DAG: copy n=64 on {{.*}}: block=
// SAID-DAG: copy n=1000 on {{.*}}: block=
// SAID-DAG: copy n=4096 on {{.*}}: block=
//
// A second time nothing is left to do.
// RUN: %tltune --db %t.shipped/autotune.db run -- %t --tune 2>&1 | FileCheck %s --check-prefix=AGAIN
// AGAIN: tltune: 0 problems were tuned; the database holds 3 winners

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <cstring>
#include <vector>

using namespace tl::keywords;

struct copy_config {
  int block = 1;
};
inline constexpr auto copy_space = tl::space<copy_config>().axis(&copy_config::block, {1, 8, 64});
using copy_launch = tl::kernel<void(tl::in<int>, tl::out<int>)>;

template <int Block> static void copy_body(int n, tl::in<int> from, tl::out<int> to) {
  for (int i = 0; i < n; i += Block)
    std::memcpy(to.data() + i, from.data() + i, sizeof(int) * static_cast<std::size_t>(i + Block < n ? Block : n - i));
}

template <copy_config C = copy_config{}>
TL_AUTOTUNE(configs = copy_space, supply = tl::supply::integer.with_seed(3), cache_inputs = true, warmup = 0, rep = 4)
copy_launch copy(int n) {
  return copy_launch(&copy_body<C.block>, n).template extent<0>(n).template extent<1>(n);
}

int main(int argc, char **) {
  const int problems[] = {64, 1000, 4096};
  if (argc > 1) {
    for (const int n : problems)
      std::printf("tuned %s\n", tl::prepare(&copy<>, n).config().c_str());
    return 0;
  }
  std::printf("main work");
  for (const int n : problems) {
    std::vector<int> from(static_cast<std::size_t>(n), n), to(static_cast<std::size_t>(n));
    copy(n)(from, to);
    std::printf(" %d", to.back());
  }
  std::puts("");
}
