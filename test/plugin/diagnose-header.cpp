// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keywords without the rest of the library: one error, whatever else is missing.
//
// RUN: %clangxx %plugin -fsyntax-only -Xclang -verify %s

#include <tl/keywords.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}};

template <config C = config{}>
[[tl::autotune(configs = all)]] void first() {} // expected-error {{'tl::autotune' needs the declarations of its library; include <tl/autotune.h>}}
template <config C = config{}> [[tl::autotune(configs = all)]] void second() {}
template <config C = config{}> [[tl::autotune({.width = 2})]] void third() {}

void use() {
  first();
  second();
  third();
}
