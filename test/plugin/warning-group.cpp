// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plugin's warnings are of the group -Wbackend-plugin, which is silenced and promoted as any other.
//
// RUN: %clangxx %plugin -fsyntax-only %s 2>&1 | FileCheck --check-prefixes=WARN,ALL %s
// RUN: %clangxx %plugin -fsyntax-only -Wno-backend-plugin %s 2>&1 | FileCheck --allow-empty --check-prefix=NONE %s
// RUN: %clangxx %plugin -fsyntax-only -w %s 2>&1 | FileCheck --allow-empty --check-prefix=NONE %s
// RUN: %clangxx %plugin -fsyntax-only -DPRAGMA %s 2>&1 | FileCheck --allow-empty --check-prefix=NONE %s
// RUN: not %clangxx %plugin -fsyntax-only -Werror %s 2>&1 | FileCheck --check-prefixes=ERROR,ALL %s
// RUN: not %clangxx %plugin -fsyntax-only -Werror=backend-plugin %s 2>&1 | FileCheck --check-prefixes=ERROR,ALL %s
// RUN: %clangxx %plugin -fsyntax-only -Werror -Wno-error=backend-plugin %s 2>&1 | FileCheck --check-prefixes=WARN,ALL %s
// RUN: rm -rf %t && mkdir %t && cp %s %t/header.h && echo '#include <header.h>' > %t/system.cpp
// RUN: %clangxx %plugin -fsyntax-only -isystem %t %t/system.cpp 2>&1 | FileCheck --allow-empty --check-prefix=NONE %s
// NONE-NOT: {{warning|error}}:
// WARN: warning: config 'width=2' is more than once in the space of 'f' [-Wbackend-plugin]
// ERROR: error: config 'width=2' is more than once in the space of 'f' [-Werror,-Wbackend-plugin]
// ALL-NOT: config 'width=2' is more than once

#include <tl/autotune.h>

#ifdef PRAGMA
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wbackend-plugin"
#endif
struct config {
  int width = 1;
};
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 2})]] int f(int v) { return v * C.width; }
#ifdef PRAGMA
#pragma clang diagnostic pop
#endif
inline int use(int v) { return f(v); }
