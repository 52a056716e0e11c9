// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A web server that is killed, hangs, is slow, full, broken, somebody else's, or has a clock of its own: the first
// call is hardly slower, never wrong, and nothing local is lost. Rows that lie choose nothing.
//
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: %python %S/Inputs/scenarios.py web %t %tltune %t.d kill web_faults certificate skew not_ours | FileCheck %s
// CHECK: web: kill: good
// CHECK: web: web_faults: good
// CHECK: web: certificate: good
// CHECK: web: skew: good
// CHECK: web: not_ours: good

#include "program.h"
