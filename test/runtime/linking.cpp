// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Both runtimes link into a program of either compiler, and the static one needs no SQLite library.
//
// GCC does not link the sanitizers of Clang.
// UNSUPPORTED: sanitizer
// RUN: %clangxx %s -o %t.shared %runtime && %t.shared
// RUN: %clangxx %s -o %t.static %runtime_static && %t.static
// RUN: %gxx %s -o %t.gcc %runtime && %t.gcc
// RUN: ldd %t.static | FileCheck %s --implicit-check-not sqlite --implicit-check-not libfmt
// CHECK: libc.so
//
// The shared library exports the C boundary and nothing else.
// RUN: nm -D --defined-only %binary_dir/lib/libtlruntime.so | FileCheck %s --check-prefix=EXPORT --implicit-check-not _Z
// EXPORT: tl_rt_abi_version@@TL_1

#include <tl/abi.h>

int main() { return tl_rt_abi_version() == TL_ABI_VERSION ? 0 : 1; }
