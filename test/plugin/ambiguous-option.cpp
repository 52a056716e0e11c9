// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An option that is the name of several functions: the compiler says that it is ambiguous, and which ones there are.
//
// RUN: not %clangxx %plugin -fsyntax-only %s 2>&1 | FileCheck %s

#include <tl/autotune.h>

struct config {
  int width = 1;
};
void naive(int);
void naive(float); // CHECK-NOT: __tl_
template <class T> void generic(T);

template <config C = config{}> [[tl::autotune({.width = 2}, reference = naive)]] void f(int); // CHECK: [[#@LINE]]:71: error: no viable overloaded '='
// CHECK: no overload of 'naive' matching 'tl::detail::ambiguous_name_of_several_functions' for 1st argument
template <config C = config{}> [[tl::autotune({.width = 2}, check = generic)]] void g(int); // CHECK: [[#@LINE]]:67: error: no viable overloaded '='
// CHECK: no overload of 'generic' matching 'tl::detail::ambiguous_name_of_several_functions' for 1st argument
