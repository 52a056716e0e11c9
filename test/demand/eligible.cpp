// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `eligible` is asked of configs before they are compiled, and of variants that were compiled on demand like of others:
// by a session, by later calls of the same problem with other arguments, and in later runs.
//
// RUN: rm -rf %t && mkdir -p %t && cp %s %t/program.cpp && cp %S/Inputs/scale.h %t
// RUN: %clangxx -O2 %plugin %t/program.cpp -o %t/program %runtime
// RUN: env TL_LOG=info %t/program 24 > %t/first 2>&1; %filecheck %s --check-prefix=FIRST --input-file=%t/first
// FIRST: scale(n=24): winner tile=4,
// FIRST: n=24: right
//
// None was compiled that could not run: 1 and 4 divide 20, 8, 16 and 32 do not; the default config, 8, was there.
// RUN: %trials > %t/trials; FileCheck %s --check-prefix=TRIALS --input-file=%t/trials
// TRIALS-DAG: scale|n=24|tile=4,{{.*}}|measured
// TRIALS-DAG: scale|n=24|tile=1,{{.*}}|{{measured|cut}}
// TRIALS-DAG: scale|n=24|tile=8,{{.*}}|not_eligible
// RUN: not grep -E 'tile=(2|16|32)' %t/trials
//
// Another problem has others, of which some are there already.
// RUN: env TL_LOG=info %t/program 64 2>&1 | FileCheck %s --check-prefix=SECOND
// SECOND: scale(n=64): winner tile=32,
// SECOND: n=64: right
//
// Without the compiler a session uses those of its libraries that may run.
// RUN: mv %t/program.cpp %t/away.cpp
// RUN: env TL_LOG=info %t/program 40 2>&1 | FileCheck %s --check-prefix=KEPT
// KEPT: no variants are compiled
// KEPT: scale(n=40): winner tile=4,
// KEPT: n=40: right
// RUN: mv %t/away.cpp %t/program.cpp
//
// A list of the wanted configs does as well.
// RUN: env TL_LOG=info %t/program 0 2>&1 | FileCheck %s --check-prefix=LIST
// LIST: listed(n=16): winner tile=16,
// LIST-NOT: was not compiled
// RUN: %trials | grep listed > %t/listed; test $(grep -vc not_eligible %t/listed) = 2

#include "scale.h"
#include <array>
#include <cstdlib>
using namespace tl::keywords;

constexpr auto tiles = tl::space<config>().axis(&config::tile, {1, 2, 4, 8, 16, 32}).where([](config c) { return c.tile != 2; });

// What a tile has to divide is not always the problem's size.
template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(tiles), search = tl::search::random(20),
               eligible = [](config c, int n, const float *, float *) { return (n == 24 ? 20 : n == 40 ? 36 : n) % c.tile == 0; })]]
void scale(int n, const float *in, float *out) {
  waste(400'000 / C.tile);
  for (int i = 0; i < n; ++i)
    out[i] = in[i] * 2;
}

bool operator==(const config &a, const config &b) { return a.tile == b.tile; }

template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(tiles), search = tl::search::random(20), eligible = [](int, float *) {
  return std::array{config{.tile = 16}, config{.tile = 4}};
})]]
void listed(int n, float *out) {
  waste(400'000 / C.tile);
  out[0] = static_cast<float>(n);
}

int main(int, char **argv) {
  const int n = std::atoi(argv[1]);
  if (n == 0) {
    float out = 0;
    listed(16, &out);
    return 0;
  }
  std::vector<float> in(n, 1.0f), out(n);
  scale(n, in.data(), out.data());
  std::printf("n=%d: %s\n", n, out[0] == 2 ? "right" : "wrong");
}
