// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function in a template argument is part of a type's name, which must be the same with and without the plugin.
//
// RUN: %clangxx %plugin -fsyntax-only -Xclang -verify %s
// RUN: %clangxx %plugin -Wno-everything %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
template <config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(int v) { return v * 10 + C.width; }
template <auto Function> struct caller {
  static int call() { return Function(5); }
};

// However it gets there: inside of another argument's type or value, for each of a template's arguments said once, as a
// default argument.
template <class T> int indirect() { return T::call(); }
struct wrapped {
  int (*function)(int);
};
template <wrapped W> int unwrap() { return W.function(5); }
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int g(T v) { return C.width; }
template <class T> int of_type() { return caller<&g<T>>::call(); } // expected-warning {{'g' as a template argument is its default config, untuned}}
template <int (*Function)(int) = &f<>> int by_default() { return Function(5); } // expected-warning {{'f' as a template argument is its default config, untuned}}
// Through a constant, whose value is the default config's address where types are made.
constexpr auto global = &f<>;
static_assert(sizeof(caller<global>) == 1);
int through_constant() { return caller<global>::call(); } // expected-warning {{'f' as a template argument is its default config, untuned}}
void use() {
  indirect<caller<f<>>>(); // expected-warning {{'f' as a template argument is its default config, untuned}}
  unwrap<wrapped{&f<>}>(); // expected-warning {{'f' as a template argument is its default config, untuned}}
  unwrap<wrapped{&f<config{2}>}>();
  constexpr auto local = &f<>;
  caller<local>::call(); // expected-warning {{'f' as a template argument is its default config, untuned}}
  of_type<int>(); // expected-note {{in instantiation of function template specialization 'of_type<int>' requested here}}
  of_type<long>();
  by_default();
}

int main() {
  int open = caller<&f<>>::call();          // expected-warning {{'f' as a template argument is its default config, untuned; pass it as a function argument instead, or write its tunables out}}
  int written = caller<f<config{2}>>::call();
  std::printf("%d %d %d %d\n", open, written, through_constant(), global(5)); // CHECK: 51 52 51 53
}
