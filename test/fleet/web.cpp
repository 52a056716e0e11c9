// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Winners on a web server: a cold machine gets the fleet's winner without a trial; of 16 processes on 4 machines one
// tunes; the lease of one that is killed ends; the socket is its user's.
//
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: %python %S/Inputs/scenarios.py web %t %tltune %t.d cold sixteen dead_holder released private words | FileCheck %s
// CHECK: web: cold: good
// CHECK: web: sixteen: good
// CHECK: web: dead_holder: good
// CHECK: web: released: good
// CHECK: web: private: good
// CHECK: web: words: good

#include "program.h"
