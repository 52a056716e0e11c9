// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signed winners: what nobody or a stranger has signed, or was changed since, does not count; the files are minisign's.
//
// REQUIRES: minisign
// UNSUPPORTED: sanitizer
// RUN: %clangxx -O1 %plugin %s -I%S/Inputs -o %t %runtime
// RUN: %python %S/Inputs/scenarios.py web %t %tltune %t.d signatures | FileCheck %s
// CHECK: web: signatures: good

#include "program.h"
