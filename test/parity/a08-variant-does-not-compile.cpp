// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A8, ignore_error: a variant that does not compile is an error, or is left out with a warning. Then it is infeasible
// in each session, with the compiler's reason, in one piece and in shards.
//
// RUN: not %clangxx -O1 %plugin -c %s -o %t.whole.o 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: error: static assertion failed {{.*}}three is too many
// ERROR: note: in the variant of 'fill' for config 'step=3'
//
// RUN: rm -rf %t && mkdir -p %t/whole %t/parts
// RUN: cd %t/whole && %drop_failed %clangxx -O1 %plugin -MD -c %s -o whole.o 2>&1 | FileCheck %s --check-prefix=WARNING --implicit-check-not=error:
// RUN: cat %t/whole/whole.d | FileCheck %s --check-prefix=DEPENDS
// WARNING: a08-variant-does-not-compile.cpp:[[#]]:[[#]]: warning: static assertion failed {{.*}}three is too many
// WARNING: note: in the variant of 'fill' for config 'step=3'
// WARNING: a08-variant-does-not-compile.cpp:[[#]]:[[#]]: warning: invalid instruction mnemonic 'no_such_instruction'
// WARNING: a08-variant-does-not-compile.cpp:[[#]]:1: warning: 2 of 5 variants of 'fill' did not compile and are left out: 'step=3', 'step=4'
// DEPENDS: whole.o: {{.*}}a08-variant-does-not-compile.cpp
//
// Nothing but what the command makes is left behind.
// RUN: ls %t/whole | tr '\n' ' ' | FileCheck %s --check-prefix=FILES
// FILES: {{^}}whole.d whole.o {{$}}
//
// RUN: %clangxx %t/whole/whole.o -o %t/program %runtime
// RUN: %t/program | %filecheck %s
// CHECK: right
// RUN: %trials | FileCheck %s --check-prefix=TRIED
// TRIED: fill|n=100|step=1|measured|
// TRIED-NEXT: fill|n=100|step=2|measured|
// TRIED-NEXT: fill|n=100|step=3|infeasible|did not compile and was left out: static assertion failed {{.*}}three is too many
// TRIED-NEXT: fill|n=100|step=4|infeasible|did not compile and was left out: invalid instruction mnemonic 'no_such_instruction'
// TRIED-NEXT: fill|n=100|step=5|measured|
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: fill|n=100|step={{[125]}}|
//
// Whoever forces it hears of it.
// RUN: env TL_FORCE_CONFIG=step=3 %t/program | %filecheck %s --check-prefix=FORCED
// FORCED: variant 'step=3' of 'fill' did not compile and was left out: static assertion failed {{.*}}three is too many
//
// In shards, from an archive; each leaves its own out.
// RUN: rm $TL_CACHE_DIR/autotune.db
// RUN: cd %t/parts && sh -ec 'for i in 0 1 2; do %drop_failed %clangxx -O1 %plugin -fplugin-arg-tl-shard=$i/3 -c %s -o $i.o 2> $i.txt; done; llvm-ar rc parts.a *.o'
// RUN: cat %t/parts/0.txt %t/parts/1.txt %t/parts/2.txt | FileCheck %s --check-prefix=PARTS --implicit-check-not=error:
// PARTS: warning: 1 of 5 variants of 'fill' did not compile and is left out: 'step=4'
// PARTS: warning: 1 of 5 variants of 'fill' did not compile and is left out: 'step=3'
// RUN: %clangxx %t/parts/parts.a -o %t/program %runtime
// RUN: %t/program | %filecheck %s
// RUN: %trials | FileCheck %s --check-prefix=TRIED
// RUN: env TL_FORCE_CONFIG=step=3 %t/program | %filecheck %s --check-prefix=FORCED

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2, 3, 4, 5});

template <config C = config{}>
TL_AUTOTUNE(configs = steps, timeout = 10, warmup = 0, rep = 4)
void fill(int n, int *to) {
  static_assert(C.step != 3, "three is too many");
  if constexpr (C.step == 4)
    asm volatile("no_such_instruction"); // the assembler's error, which names no variant
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to[i] = i;
}

int main() {
  try {
    std::vector<int> to(100);
    fill(100, to.data());
    std::puts(to[99] == 99 ? "right" : "wrong");
  } catch (const tl::infeasible &e) {
    std::puts(e.what());
  }
}
