// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Headers of another version than the plugin: one error, and no code that nobody has tried together.
//
// RUN: %clangxx %plugin -Dgenerated_code_5=generated_code_4 -fsyntax-only -Xclang -verify %s

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}};

template <config C = config{}>
[[tl::autotune(configs = all)]] void first() {} // expected-error {{the <tl/autotune.h> that is included is of another version than this plugin; use the headers that were installed with it}}
template <config C = config{}> [[tl::autotune(configs = all)]] void second() {}

void use() {
  first();
  second();
}
