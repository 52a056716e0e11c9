// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune push, pull, sync, list --remote, and what the helper counts; with a web server and with PostgreSQL.
//
// REQUIRES: postgres
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: %python %S/Inputs/scenarios.py web %t %tltune %t.d by_hand | FileCheck %s
// RUN: %python %S/Inputs/scenarios.py postgres %t %tltune %t.d by_hand | FileCheck %s
// CHECK: {{web|postgres}}: by_hand: good

#include "program.h"
