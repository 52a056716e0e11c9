// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A12, all configs failed: the default config runs, one warning says how often which reason was given, and the
// next call neither tries nor warns again. TL_TUNE=require makes it an error.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t 2>%t.said | %filecheck %s
// CHECK: 1.5 1.5
// RUN: FileCheck %s --check-prefix=SAID < %t.said
// SAID: tl: warning: half(n=10) runs its default config: no variant survived: 2 x wrong: {{.+}}; 1 x threw: {{.*}}no such unit
// SAID-NOT: tl:
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS: half|n=10|step=1|wrong|
// TRIALS: half|n=10|step=2|wrong|
// TRIALS: half|n=10|step=3|threw|{{.*}}no such unit
// RUN: %winners | count 0
// RUN: (env TL_TUNE=require %t; echo status $?) 2>&1 | FileCheck %s --check-prefix=REQUIRE
// REQUIRE: tl: error: half(n=10) has no stored winner and TL_TUNE=require
// REQUIRE-NEXT: status 3

#include <tl/autotune.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2, 3});

static void other(int n, float *data) {
  for (int i = 0; i < n; ++i)
    data[i] += 100;
}

template <config C = config{}>
TL_AUTOTUNE(configs = steps, reference = other, timeout = 10)
void half(int n, float *data) {
  if (C.step == 3)
    throw std::runtime_error("no such unit");
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      data[i] /= 2;
}

int main() {
  std::vector<float> data(10, 6);
  half(10, data.data());
  half(10, data.data());
  std::printf("%g %g\n", static_cast<double>(data[0]), static_cast<double>(data[9]));
}
