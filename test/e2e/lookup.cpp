// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a call finds its variant: by its own key, among the eligible ones, by force, or from the nearest
// problem.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
//
// `key = fn` with buckets: 1000 and 1024 are one problem, 2000 is another.
// RUN: %t bucketed 1000 1024 2000 | %filecheck %s --check-prefix=RIGHT
// RIGHT: right
// RUN: %sql "select problem from problems order by 1" | FileCheck %s --check-prefix=BUCKETS
// BUCKETS: key=1024
// BUCKETS-NEXT: key=2048
// BUCKETS-NOT: key
//
// `eligible`: what does not divide n is not tried.
// RUN: %t divided 12 | %filecheck %s --check-prefix=RIGHT
// RUN: %trials | FileCheck %s --check-prefix=ELIGIBLE
// ELIGIBLE-DAG: divided|n=12|width=3|{{measured|cut}}
// ELIGIBLE-DAG: divided|n=12|width=5|not_eligible
//
// TL_FORCE_CONFIG: runs without a trial; what was not compiled is reported, not ignored.
// RUN: env TL_FORCE_CONFIG=divided:width=4 %t divided 8 | %filecheck %s --check-prefix=FORCED
// FORCED: width 4
// RUN: %sql "select count(*) from problems where problem = 'n=8'" | FileCheck %s --check-prefix=ZERO
// ZERO: 0
// RUN: env TL_TUNE=off TL_FORCE_CONFIG=divided:width=9 %t divided 8 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: tl: {{.*}}TL_FORCE_CONFIG: 'width=9' is none of the 5 configs of divided
// UNKNOWN: width 1
//
// TL_TUNE=nearest: the winner of n=12 answers for n=24 after one checked run, and nothing is stored.
// RUN: env TL_TUNE=nearest TL_LOG=info %t divided 24 2>&1 | FileCheck %s --check-prefix=NEAREST
// NEAREST: divided(n=24): width={{[0-9]}}, winner of the nearest problem n=12
// RUN: %sql "select count(*) from problems where problem = 'n=24'" | FileCheck %s --check-prefix=ZERO
//
// TL_TUNE=require without a winner ends the program with status 3 and says what was looked for.
// RUN: (env TL_TUNE=require %t divided 77; echo status $?) 2>&1 | FileCheck %s --check-prefix=REQUIRE
// REQUIRE: tl: {{.*}}divided(n=77) has no stored winner and TL_TUNE=require
// REQUIRE: status 3

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace tl::keywords;

struct config {
  int width = 1;
};
inline constexpr auto space = tl::space<config>().axis(&config::width, {1, 2, 3, 4, 5});

static int last_width;

template <config C> void scale(int n, float *data) {
  last_width = C.width;
  for (int i = 0; i < n; ++i)
    data[i] *= 2;
}

static int bucket(int n, float *) { return tl::bucket_pow2(n); }

template <config C = config{}>
[[tl::autotune(configs = space, key = bucket)]]
void bucketed(int n, float *data) {
  scale<C>(n, data);
}

template <config C = config{}>
[[tl::autotune(configs = space, eligible = [](config c, int n, float *) { return n % c.width == 0; })]]
void divided(int n, float *data) {
  scale<C>(n, data);
}

int main(int argc, char **argv) {
  for (int i = 2; i < argc; ++i) {
    const int n = std::atoi(argv[i]);
    std::vector<float> data(std::size_t(n), 1.0f);
    if (std::strcmp(argv[1], "bucketed") == 0)
      bucketed(n, data.data());
    else
      divided(n, data.data());
    for (float value : data)
      if (value != 2)
        return 1;
  }
  std::printf("width %d\nright\n", last_width);
}
