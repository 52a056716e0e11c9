// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Headers of another version than the plugin: one error, and no code that nobody has tried together.
//
// RUN: %clangxx %plugin -Dgenerated_code_7=generated_code_5 -fsyntax-only -Xclang -verify %s
//
// Said before anything that follows from it, where the keywords had other names.
// RUN: not %clangxx %plugin -Dgenerated_code_7=generated_code_5 -Dtl_attribute_keyword_configs=older -fsyntax-only %s 2>&1 | FileCheck %s
// CHECK-NOT: error:
// CHECK: {{.*}}: error: the <tl/autotune.h> that is included is of another version than this plugin

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
