// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that distcc compiles, from a preprocessed source, are those that are compiled here: the winner of the one
// program is the other's.
//
// REQUIRES: distcc
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: %python %S/Inputs/distcc.py %plugin_file %clangxx -O1 %s -I%S/Inputs -c -o %t.o | %filecheck %s --check-prefix=MADE
// MADE: compiled there: 1
// RUN: %clangxx %t.o -o %t.there %runtime
// RUN: %t.there 100 | FileCheck %s
// RUN: env TL_TUNE=require %t 100 | FileCheck %s
// CHECK: variant=2

#include "program.h"
