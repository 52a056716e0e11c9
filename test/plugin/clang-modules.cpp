// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Clang's modules, those of -fmodules and module maps: calls from inline functions of a module, from importers, through
// a module that does not export what it uses. Modules that were made without the plugin are not taken for those that
// were made with it.
//
// RUN: rm -rf %t && split-file %s %t && cd %t && cp -r %source_dir/include/tl tl && cp library.modulemap tl/module.modulemap
// RUN: echo '%clangxx -fmodules -fmodules-cache-path=%t/cache -I. -I%S "$@"' > build
// RUN: sh build -Wno-unknown-attributes main.cpp other.cpp -o plain && env RUN=1 ./plain | %filecheck --check-prefix=PLAIN %s
// PLAIN: 1 1 1 1 1 1 1 2
// RUN: sh build %plugin main.cpp other.cpp -o main && env RUN=1 ./main | %filecheck %s
// RUN: sh build %plugin -O2 -fno-exceptions -fno-rtti main.cpp other.cpp -o main && env RUN=1 ./main | %filecheck %s
// RUN: sh build %plugin -Xclang -fmodules-local-submodule-visibility main.cpp other.cpp -o main && env RUN=1 ./main | %filecheck %s
// CHECK: 3 3 3 3 3 3 3 2
// RUN: env LIST=1 ./main | grep -c '^registered f<int>' | grep -x 1
//
// The library as a module of its own.
// RUN: sh build %plugin -fmodule-map-file=tl/module.modulemap main.cpp other.cpp -o main && env RUN=1 ./main | %filecheck %s
//
// A module made beforehand.
// RUN: %clangxx %plugin -I. -I%S -fmodules -fno-implicit-modules -fno-implicit-module-maps -x c++ -Xclang -emit-module -fmodule-map-file=module.modulemap -fmodule-name=first -c module.modulemap -o first.pcm
// RUN: %clangxx %plugin -I. -I%S -fmodules -fno-implicit-modules -fno-implicit-module-maps -fmodule-map-file=module.modulemap -fmodule-file=first=first.pcm alone.cpp -o alone && env RUN=1 ./alone | %filecheck --check-prefix=ALONE %s
// ALONE: 3 3
//
// A fingerprint does not tell a module from a header, and sees what is changed in it.
// RUN: echo '%clangxx %plugin -I. -I%S -w -fplugin-arg-tl-dump=fingerprint -fsyntax-only alone.cpp "$@" | grep "^// fingerprint of f<int>"' > print
// RUN: sh print > header && sh print -fmodules -fmodules-cache-path=%t/cache > module && cmp header module
// RUN: sed -i 's/return C.width/return 2 * C.width/' first.h
// RUN: sh print -fmodules -fmodules-cache-path=%t/cache > after && not cmp module after
// RUN: sh print | cmp - after

//--- module.modulemap
module first { header "first.h" export * }
module second {
  module used { header "used.h" }
  module using { header "using.h" }
}

//--- library.modulemap
module tl { umbrella header "autotune.h" export * }

//--- first.h
#pragma once
#include <tl/autotune.h>
struct inner {
  int depth = 4;
};
struct config {
  int width = 1;
  inner in;
};
constexpr auto space = tl::space<config>().axis(&config::width, {2, 3});
template <class T, config C = config{}> [[tl::autotune(configs = space)]] int f(T) { return C.width; }
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3}, rep = 3)]] int g(int) { return C.width; }
inline int uses(int v) { return f(v); }
inline int variable = f(1);
struct object {
  int member = f('a');
};
template <class T> int in_template(T v) { return f(v); }

//--- used.h
#pragma once
#include <tl/autotune.h>
struct hidden_config {
  int width = 1;
};
template <class T, hidden_config C = hidden_config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int hidden(T) { return C.width; }

//--- using.h
#pragma once
#include "used.h"
inline int through(int v) { return hidden(v); }

//--- main.cpp
#include "Inputs/runtime.h"
#include "first.h"
#include "using.h"
int other(int);
int main() {
  std::printf("%d %d %d %d %d %d %d %d\n", uses(1), variable, object{}.member, in_template(1L), f(short(1)), through(1), other(1), f<int, config{2}>(1));
}

//--- other.cpp
#include "Inputs/runtime.h"
#include "first.h"
int other(int v) { return f(v) == g(v) ? uses(v) : 0; }

//--- alone.cpp
#include "Inputs/runtime.h"
#include "first.h"
int main() { std::printf("%d %d\n", f(1), uses(1)); }
