// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plugin in a Clang that it was not built for: one line says so, whatever that Clang's libraries lack.
//
// REQUIRES: other-clang
// RUN: not %other_clangxx %plugin -fsyntax-only %s > %t 2>&1
// RUN: FileCheck --input-file=%t %s && wc -l < %t | FileCheck --check-prefix=LINES %s
// CHECK: error: this tl plugin is built for Clang {{22|19}} and was loaded into '{{.*}}clang version {{.*}}'; load the plugin of Clang {{22|19}}
// LINES: {{^1$}}
