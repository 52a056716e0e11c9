// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `name` is what the factory is called; template arguments before the tunables tell its
// specialisations apart. It changes no code, so no winner is lost.
//
// RUN: %clangxx %plugin -fplugin-arg-tl-dump -fsyntax-only -DNAME='name = "blas::scal",' %s | %filecheck %s
// RUN: %clangxx %plugin -fplugin-arg-tl-dump -fsyntax-only -DNAME= %s | %filecheck --check-prefix=PLAIN %s
//
// RUN: echo '%clangxx %plugin -fplugin-arg-tl-dump=fingerprint -fsyntax-only "$@" | grep "^// fingerprint"' > %t.print
// RUN: sh %t.print -DNAME='name = "blas::scal",' %s | grep -o ": [0-9a-f]*$" > %t.named
// RUN: sh %t.print -DNAME= %s | grep -o ": [0-9a-f]*$" > %t.plain
// RUN: diff %t.named %t.plain

#include <tl/autotune.h>

struct config {
  int width = 1;
};
namespace library::types {
struct half {};
} // namespace library::types

namespace library {
template <class T, config C = config{}>
[[tl::autotune(NAME {.width = 1}, {.width = 4})]] void scale_in_place(int, T *) {}
template <config C = config{}>
[[tl::autotune(NAME {.width = 1}, {.width = 4})]] void scale_floats(int, float *) {}
} // namespace library

void calls(library::types::half *h, float *f) {
  library::scale_in_place(1, h);
  library::scale_floats(1, f);
}
// CHECK-DAG: // factory blas::scal<library::types::half>: 2 variants
// CHECK-DAG: // factory blas::scal: 2 variants
// PLAIN-DAG: // factory library::scale_in_place<library::types::half>: 2 variants
// PLAIN-DAG: // factory library::scale_floats: 2 variants
