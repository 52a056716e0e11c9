// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A space of which only the default config is compiled with the program. A session compiles what it
// wants to try; later runs load the winner, without a compiler and without a trial.
//
// RUN: rm -rf %t && mkdir -p %t && cp %s %t/program.cpp && cp %S/Inputs/scale.h %t
// RUN: %clangxx -O2 %plugin %t/program.cpp -o %t/program %runtime
// RUN: env TL_BUDGET=200 TL_LOG=info %t/program > %t/first 2>&1; %filecheck %s --check-prefix=FIRST --input-file=%t/first
// FIRST: tl: {{.*}}scale(n=4096): winner tile=16,unroll=1,slow=false,kind=0
// FIRST: right
//
// A variant that does not compile is a trial with the compiler's message, one that a constraint refuses is
// none, and one that is wrong is rejected.
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS-DAG: scale|n=4096|tile={{.*}},kind=2|infeasible|did not compile: {{.*}}kind 2 is not made
// TRIALS-DAG: scale|n=4096|tile={{.*}},kind=3|wrong
// RUN: %trials > %t/trials && test $(grep -c . %t/trials) = 16
// RUN: test $(grep -c infeasible %t/trials) = 4 && test $(grep -c wrong %t/trials) = 4
// RUN: test $(grep -cE 'measured|cut' %t/trials) = 8
//
// Nobody else may look at what was compiled.
// RUN: find %t.cache/on-demand -mindepth 1 -perm /077 | count 0
// RUN: find %t.cache/on-demand -name '*.so' | grep -q so
//
// The includes were precompiled, and what was made with them was right.
// RUN: find %t.cache/on-demand -name 'preamble-*.pch' | grep -q pch
//
// Without the compiler, and without the source.
// RUN: rm %t/program.cpp
// RUN: env TL_LOG=info TL_TUNE=require %t/program > %t/second 2>&1; %filecheck %s --check-prefix=SECOND --input-file=%t/second
// SECOND: scale(n=4096): stored winner tile=16,unroll=1,slow=false,kind=0
// SECOND-NOT: trial
// SECOND: right
//
// A forced config that was not compiled is loaded, or said to be missing.
// RUN: env TL_FORCE_CONFIG=kind=1,tile=3 %t/program 2>&1 | FileCheck %s --check-prefix=FORCED
// FORCED: no library of this user's has: {{.*}}
// FORCED: right
//
// The library is gone, too: nobody takes the winner's place, and it is made again when that is possible.
// RUN: rm -r %t.cache/on-demand && %winners > %t/before
// RUN: %t/program > %t/lost 2>&1; FileCheck %s --check-prefix=LOST --input-file=%t/lost
// LOST: the config tile={{.*}} is to run, which no library of this user's has: the source {{.*}}program.cpp is not there
// LOST: scale(n=4096) runs its default config: its stored winner tile={{.*}} is kept for when it can be compiled or loaded
// LOST: right
// RUN: %winners | diff %t/before -
// RUN: cp %s %t/program.cpp && env TL_LOG=info %t/program > %t/back 2>&1; %filecheck %s --check-prefix=BACK --input-file=%t/back
// BACK: scale(n=4096): stored winner tile=16,unroll=1,slow=false,kind=0
// BACK: right
// RUN: %winners | diff %t/before -
//
// With the compiler, a forced config is compiled.
// RUN: env TL_LOG=info TL_FORCE_CONFIG=kind=1,tile=16 %t/program > %t/forced 2>&1; %filecheck %s --check-prefix=COMPILED --input-file=%t/forced
// COMPILED-NOT: no library
// COMPILED: right
// RUN: env TL_TUNE=off TL_FORCE_CONFIG=kind=1,tile=16 %t/program 2>&1 | %filecheck %s --check-prefix=COMPILED

#include "scale.h"
using namespace tl::keywords;

// Few enough that all are tried.
constexpr auto few = tl::space<config>()
                         .axis(&config::tile, {8, 16})
                         .axis(&config::slow, {false, true})
                         .axis(&config::kind, {0, 1, 2, 3});

template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(few))]]
void scale(int n, const float *in, float *out) {
  static_assert(C.kind != 2, "kind 2 is not made");
  waste(C.slow ? 200'000 : 60'000 * (C.kind == 1) + 60'000 * (C.tile == 8)); // one is far ahead
  for (int i = 0; i < n; ++i)
    out[i] = in[i] * (C.kind == 3 ? 3 : 2);
}

int main() {
  std::vector<float> in(4096, 1.0f), out(4096);
  scale(4096, in.data(), out.data());
  std::printf("%s\n", out[77] == 2 ? "right" : "wrong");
}
