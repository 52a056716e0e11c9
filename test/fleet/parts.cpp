// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One space that three machines tune: each config is tried by one of them, the default by all; joined, it is as if one
// had tried all. Then the recipe with GNU parallel.
//
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: rm -rf %t.parts
// RUN: for part in 1 2 3; do %tltune run --part $part/3 --parts-in %t.parts -- %t 100 || exit 1; done
// RUN: %tltune status %t.parts | FileCheck %s --check-prefix=STATUS
// STATUS: part {{ *}}host {{ *}}problems {{ *}}finished {{ *}}trials {{ *}}last trial {{ *}}state
// STATUS-NEXT: 1-of-3 {{.*}} 1 {{ *}}1 {{ *}}2 {{.*}}done
// STATUS-NEXT: 2-of-3 {{.*}} 1 {{ *}}1 {{ *}}2 {{.*}}done
// STATUS-NEXT: 3-of-3 {{.*}} 1 {{ *}}1 {{ *}}2 {{.*}}done
// RUN: %tltune merge %t.parts/*/autotune.db | FileCheck %s --check-prefix=MERGED
// MERGED: added 3 sessions with 6 trials
// RUN: %sql "select distinct config from trials order by 1" | FileCheck %s --check-prefix=ALL
// ALL: unroll=1
// ALL-NEXT: unroll=2
// ALL-NEXT: unroll=3
// ALL-NEXT: unroll=4
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: scale|n=100,who=1|unroll=2|final
// RUN: env TL_TUNE=require %t 100
//
// RUN: not %tltune run --part 4/3 -- %t 100 2>&1 | FileCheck %s --check-prefix=BAD
// BAD: '4/3' is no part, expected I/N with I from 1 to N

#include "program.h"
