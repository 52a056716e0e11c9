// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A space of which only the default config is compiled with the program. A session compiles what it
// wants to try; later runs load the winner, without a compiler and without a trial.
//
// RUN: rm -rf %t && mkdir -p %t && cp %s %t/program.cpp && cp %S/Inputs/scale.h %t
// RUN: %clangxx -O2 %plugin %t/program.cpp -o %t/program %runtime
// RUN: env TL_LOG=info %t/program > %t/first 2>&1; %filecheck %s --check-prefix=FIRST --input-file=%t/first
// FIRST: tl: {{.*}}scale(n=4096): winner tile={{.*}}slow=false,kind={{[01]}}
// FIRST: right
//
// A variant that does not compile is a trial with the compiler's message, one that a constraint refuses is
// none, and one that is wrong is rejected.
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS-DAG: scale|n=4096|tile={{.*}},kind=2|infeasible|did not compile: {{.*}}kind 2 is not made
// TRIALS-DAG: scale|n=4096|tile={{.*}},kind=3|wrong
// RUN: test $(%trials | grep -cE 'measured|cut') -gt 4
//
// Nobody else may look at what was compiled.
// RUN: find %t.cache/on-demand -mindepth 1 -perm /077 | count 0
// RUN: find %t.cache/on-demand -name '*.so' | grep -q so
//
// Without the compiler, and without the source.
// RUN: rm %t/program.cpp
// RUN: env TL_LOG=info TL_TUNE=require %t/program > %t/second 2>&1; %filecheck %s --check-prefix=SECOND --input-file=%t/second
// SECOND: scale(n=4096): stored winner tile={{.*}}slow=false,kind={{[01]}}
// SECOND-NOT: trial
// SECOND: right
//
// A forced config that was not compiled is loaded, or said to be missing.
// RUN: env TL_FORCE_CONFIG=kind=1,tile=3 %t/program 2>&1 | FileCheck %s --check-prefix=FORCED
// FORCED: no library of this user's has: {{.*}}
// FORCED: right

#include "scale.h"
using namespace tl::keywords;

template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(all), search = tl::search::random(32))]]
void scale(int n, const float *in, float *out) {
  static_assert(C.kind != 2, "kind 2 is not made");
  if constexpr (C.slow)
    waste(200'000);
  for (int i = 0; i < n; ++i)
    out[i] = in[i] * (C.kind == 3 ? 3 : 2);
}

int main() {
  std::vector<float> in(4096, 1.0f), out(4096);
  scale(4096, in.data(), out.data());
  std::printf("%s\n", out[77] == 2 ? "right" : "wrong");
}
