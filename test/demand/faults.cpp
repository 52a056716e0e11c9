// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What keeps a session from compiling is said once, and never makes a wrong winner or loses one. (Compilers that
// fail, hang or are other ones: unit/on_demand_compile_test.cpp.)
//
// RUN: split-file %s %t && cp %S/Inputs/scale.h %t
// RUN: %clangxx -O1 %plugin %t/program.cpp -o %t/program %runtime
//
// A header has changed since the build: the code is another one.
// RUN: sed -i 's/times = 2/times = 3/' %t/factor.h
// RUN: %t/program 1 > %t/changed 2>&1; FileCheck %s --check-prefix=CHANGED --input-file=%t/changed
// CHANGED: no variants are compiled any more: its source or a header has changed since the program was built; the session makes do
// CHANGED-NOT: tl:
// CHANGED: right
// RUN: %winners | FileCheck %s --check-prefix=DEFAULT
// DEFAULT: scale|n=1|tile=8,unroll=1,slow=true,kind=0
//
// It does not even compile, and it is gone.
// RUN: echo '#error gone' > %t/factor.h
// RUN: %t/program 2 2>&1 | FileCheck %s --check-prefix=BROKEN
// BROKEN: no variants are compiled any more: its source does not compile any more: {{.*}}gone
// BROKEN: right
// RUN: rm %t/program.cpp
// RUN: %t/program 3 2>&1 | FileCheck %s --check-prefix=GONE
// GONE: no variants are compiled: the source {{.*}}program.cpp is not there; the session makes do
// GONE: right
//
// Nothing may be kept: the winner goes with the process, and that is said.
// RUN: %clangxx -O1 %plugin %t/state.cpp -o %t/state %runtime
// RUN: env TL_DISABLE_CACHE=1 %t/state 2>&1 | FileCheck %s --check-prefix=KEPT
// KEPT: variants that are compiled on demand are not kept: there is no cache directory
//
// Variants that would have a variable of the program's to themselves are none; linked with
// -rdynamic they use the program's.
// RUN: %t/state && %trials | FileCheck %s --check-prefix=STATE
// STATE: count|n=1|{{.*}}kind=1|infeasible|compiled, but not used: it cannot be loaded: {{.*}}undefined symbol: steps
// RUN: %clangxx -O1 %plugin %t/state.cpp -o %t/state %runtime -rdynamic && rm -r %t.cache && %t/state
// RUN: %trials | FileCheck %s --check-prefix=SHARED
// SHARED: count|n=1|{{.*}}kind=1|{{measured|cut}}
//
// What cannot be compiled again says why.
// RUN: %clangxx -O1 %plugin -flto=thin -fuse-ld=lld %t/state.cpp -o %t/state %runtime
// RUN: %t/state 2>&1 | FileCheck %s --check-prefix=LTO
// LTO: no variants are compiled: it was compiled for link-time optimisation (-flto)

//--- factor.h
constexpr int times = 2;

//--- program.cpp
#include "scale.h"
#include "factor.h"
#include <cstdlib>
using namespace tl::keywords;
template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(all), search = tl::search::random(4))]]
void scale(int n, const float *in, float *out) {
  if constexpr (C.slow)
    waste(200'000);
  for (int i = 0; i < n; ++i)
    out[i] = in[i] * times;
}
int main(int, char **argv) {
  const int n = std::atoi(argv[1]);
  std::vector<float> in(n, 1.0f), out(n);
  scale(n, in.data(), out.data());
  std::printf("%s\n", out[0] == 2 ? "right" : "wrong");
}

//--- state.cpp
#include "scale.h"
using namespace tl::keywords;
int steps = 0;
constexpr auto two = tl::space<config>().axis(&config::kind, {0, 1});
template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(two))]]
void count(int n, int *out) {
  waste(100'000);
  out[0] = n + steps;
}
int main() {
  int out = 0;
  count(1, &out);
  return out != 1;
}
