// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The recipe of docs/fleet.md for GNU parallel.
//
// REQUIRES: parallel
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: rm -rf %t.parts
// RUN: seq 4 | env TLTUNE=%tltune parallel --will-cite -j2 '$TLTUNE run --part {}/4 --parts-in %t.parts -- %t 100'
// RUN: %tltune merge %t.parts/*/autotune.db | FileCheck %s --check-prefix=MERGED
// MERGED: added 4 sessions with {{7|8}} trials
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: scale|n=100,who=1|unroll=2|final

#include "program.h"
