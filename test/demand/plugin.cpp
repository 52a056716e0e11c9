// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin makes of tl::on_demand: one variant and what names the others, however many there
// are; a library of those that are asked for, with nothing of the program's start in it.
//
// RUN: split-file %s %t && cp %S/Inputs/scale.h %t
// RUN: %clangxx %plugin -fplugin-arg-tl-dump -fsyntax-only %t/large.cpp | %filecheck %s --check-prefix=DUMP
// DUMP: factory f: 1 variants, default 'a=0,b=0,c=0,d=0,e=0'
// DUMP: .combinations = 3200000UL
//
// Configs of a list, and those of a winners file, are compiled ahead of time.
// RUN: %clangxx %plugin -fplugin-arg-tl-dump -DLIST -fsyntax-only %t/large.cpp | FileCheck %s --check-prefix=LIST
// LIST: factory f: 3 variants, default 'a=0,b=0,c=0,d=0,e=0'
// LIST: configs[3] = {"a=1,b=0,c=0,d=0,e=0", "a=0,b=19,c=0,d=0,e=0", "a=0,b=0,c=0,d=0,e=0"}
// RUN: printf 'tl-winners 1\nfactory _Z1fIXtl6configEEEii\n  fingerprint 0123456789abcdef0123456789abcdef\n  keep a=2,b=3,c=4,d=5,e=6\n  keep a=2,b=3,c=4,d=5,e=99\n' > %t/winners
// RUN: %clangxx %plugin -fplugin-arg-tl-use=%t/winners -fplugin-arg-tl-dump -fsyntax-only %t/large.cpp 2>&1 | FileCheck %s --check-prefix=BAKED
// BAKED: factory f: 2 variants
// BAKED: "a=2,b=3,c=4,d=5,e=6"
//
// Of a space of 1,680,000 configs, it needs less memory than all its lists would take; 10 s are for parsing.
// RUN: %clangxx %plugin -fsyntax-only %t/large.cpp
// RUN: %python %S/Inputs/cost.py 3 500 -- %clangxx %plugin -O1 -c %t/large.cpp -o %t/large.o
//
// The library: the functions that are asked for, copies of what they call, no start, no main, no
// variable, and the hash of the same code.
// RUN: %clangxx %plugin -O0 -fPIC -fplugin-arg-tl-demand=_Z1fIXtl6configEEEii:0,5,77 -c %t/state.cpp -o %t/library.o
// RUN: llvm-nm -C %t/library.o > %t/symbols; FileCheck %s --check-prefix=LIBRARY --input-file=%t/symbols
// LIBRARY-DAG: T tl_on_demand_library
// LIBRARY-DAG: U counter
// LIBRARY-DAG: U tl.internal.hidden
// LIBRARY-DAG: W helper(int)
// LIBRARY-DAG: W int f<config{7, 7}>(int)
// RUN: not grep -E 'main|at_start|loud' %t/symbols
// RUN: llvm-readelf -S %t/library.o | FileCheck %s --check-prefix=SECTIONS
// SECTIONS-NOT: .init_array
// SECTIONS-NOT: .ctors
// RUN: %clangxx %plugin -O1 -c %t/state.cpp -o %t/state.o
// RUN: strings -n 32 %t/state.o | grep -xE '[0-9a-f]{32}' | sort > %t/program.hashes
// RUN: strings -n 32 %t/library.o | grep -xE '[0-9a-f]{32}' | sort > %t/library.hashes
// RUN: test $(comm -12 %t/program.hashes %t/library.hashes | wc -l) = 1
//
// A change of what the variants reach makes it other code; so does one of a predicate.
// RUN: %clangxx %plugin -O1 -fPIC -DCHANGED -fplugin-arg-tl-demand=_Z1fIXtl6configEEEii:0 -c %t/state.cpp -o %t/changed.o
// RUN: %clangxx %plugin -O1 -fPIC -DREFUSES -fplugin-arg-tl-demand=_Z1fIXtl6configEEEii:0 -c %t/state.cpp -o %t/refuses.o
// RUN: for i in changed refuses; do strings -n 32 %t/$i.o | grep -xE '[0-9a-f]{32}' | sort > %t/$i.hashes; test $(comm -12 %t/program.hashes %t/$i.hashes | wc -l) = 0 || exit 1; done
//
// RUN: %clangxx %plugin -fsyntax-only -Xclang -verify %t/diagnosed.cpp
// RUN: not %clangxx %plugin -fplugin-arg-tl-demand=_Z1f -fsyntax-only %t/large.cpp 2>&1 | FileCheck %s --check-prefix=ARGUMENT
// ARGUMENT: unknown argument '-fplugin-arg-tl-demand=_Z1f'

//--- large.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config { int a = 0, b = 0, c = 0, d = 0, e = 0; };
#define TWENTY {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}
constexpr auto all = tl::space<config>().axis(&config::a, TWENTY).axis(&config::b, TWENTY).axis(&config::c, TWENTY)
    .axis(&config::d, TWENTY).axis(&config::e, TWENTY).where([](config c) { return c.a <= c.b; });
template <config C = config{}>
#ifdef LIST
[[tl::autotune(configs = tl::on_demand(all, {{.a = 1}, {.b = 19}}))]]
#else
[[tl::autotune(configs = tl::on_demand(all))]]
#endif
int f(int x) { return x + C.a; }
int main() { return f(0); }

//--- state.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config { int a = 0, b = 0; };
constexpr auto all = tl::space<config>().axis(&config::a, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).axis(&config::b, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
#ifdef REFUSES
    .where([](config c) { return c.a > 0 || c.b > 0; })
#else
    .where([](config c) { return c.a + c.b < 100; })
#endif
;
struct loud { loud(); ~loud(); int it; };
int counter = 0;
static int hidden = 0;
static loud at_start_too;
inline loud at_start_as_well;
const int table[] = {1, 2, 3};
[[gnu::constructor]] void at_start() { counter = 7; }
[[gnu::constructor]] static void at_start_unseen() { hidden = 7; }
#ifdef CHANGED
int helper(int x) { return x + table[x % 3] + 1; }
#else
int helper(int x) { return x + table[x % 3]; }
#endif
template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(all))]] int f(int x) { return helper(x) + C.a + ++counter + ++hidden; }
int main() { return f(0) + at_start_too.it; }

//--- diagnosed.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct inner { int x = 0; };
struct base { int x = 0; };
struct config : base { int a = 0; inner i{}; }; // expected-note {{field declared here}}
constexpr auto classes = tl::space<config>().axis(&config::i, {inner{1}});
constexpr auto bases = tl::space<base>().axis(&base::x, {1, 1});

template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(classes))]] // expected-error {{the axes of a space that is compiled on demand are numbers or enumerations, and 'i' is of type 'inner'}}
void h(int) {}
template <base C = base{}>
[[tl::autotune(configs = tl::on_demand(bases))]] // expected-error {{two values of the axis 'x' are both written 'x=1'}} expected-note {{while building the dispatcher}}
void k(int) {}
int main() { h(1); k(1); }
