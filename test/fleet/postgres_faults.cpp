// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PostgreSQL that is killed, hangs, has tables of another version, or a million rows; and rows that lie.
//
// REQUIRES: postgres
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: %python %S/Inputs/scenarios.py postgres %t %tltune %t.d kill hanging wrong_schema many_rows not_ours | FileCheck %s
// CHECK: postgres: kill: good
// CHECK: postgres: hanging: good
// CHECK: postgres: wrong_schema: good
// CHECK: postgres: many_rows: good
// CHECK: postgres: not_ours: good

#include "program.h"
