// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same as web.cpp with PostgreSQL, and with a role that may only read.
//
// REQUIRES: postgres
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: %python %S/Inputs/scenarios.py postgres %t %tltune %t.d cold sixteen dead_holder released rights | FileCheck %s
// CHECK: postgres: cold: good
// CHECK: postgres: sixteen: good
// CHECK: postgres: dead_holder: good
// CHECK: postgres: released: good
// CHECK: postgres: rights: good

#include "program.h"
