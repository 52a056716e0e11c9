// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What can only be said of a concrete factory and of its variants.
//
// RUN: %clangxx %plugin -fplugin-arg-tl-remarks -fsyntax-only -ferror-limit=0 -Xclang -verify %s

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}, {3}};

// A config whose constraints fail is pruned, in either place.
template <config C = config{}>
  requires(C.width != 2)
[[tl::autotune(configs = all)]] void pruned() {} // expected-remark {{config 'width=2' of 'pruned' pruned: its constraints are not satisfied}}
// expected-remark@-1 {{variant of 'pruned' for config 'width=1', the default}} expected-remark@-1 {{variant of 'pruned' for config 'width=3'}}
template <config C = config{}>
[[tl::autotune(configs = all)]] void pruned_behind() // expected-remark {{config 'width=2' of 'pruned_behind' pruned: its constraints are not satisfied}}
  requires(C.width != 2)
{} // expected-remark@-2 {{variant of 'pruned_behind' for config 'width=1', the default}} expected-remark@-2 {{variant of 'pruned_behind' for config 'width=3'}}

// A config whose body fails is an error.
template <int N> struct odd {
  static_assert(N % 2 == 1, "odd numbers only"); // expected-error {{static assertion failed due to requirement '2 % 2 == 1': odd numbers only}} expected-note {{expression evaluates to '0 == 1'}}
};
template <class T> void through_a_helper() { T t; } // expected-note {{in instantiation of template class 'odd<2>' requested here}}
template <config C = config{}>
[[tl::autotune(configs = all)]] void failing() { through_a_helper<odd<C.width>>(); } // expected-note {{in the variant of 'failing' for config 'width=2'}}
// expected-note@-1 {{in instantiation of function template specialization 'through_a_helper<odd<2>>' requested here}}
// expected-note@-2 {{in instantiation of function template specialization 'failing<config{2}>' requested here}}
// expected-remark@-3 3 {{variant of 'failing' for config}}

// What depends on a template parameter is checked for each argument.
template <class T> constexpr int width_of = sizeof(T);
template <class T> int grow(); // expected-note {{declared here}}
template <class T, config C = config{}>
[[tl::autotune({.width = grow<T>()})]] void not_constant(T) {} // expected-error {{the space is not a constant expression}} expected-note {{non-constexpr function 'grow<int>' cannot be used in a constant expression}}

int too_few(int);
int no_conversion(int, const char *);
template <config C = config{}>
[[tl::autotune(configs = all, reference = too_few)]] int first(int, const float *) { return 0; } // expected-error {{option 'reference' of type 'int (int)' cannot be called with the parameters of 'first', of type 'int (int, const float *)'}}
// expected-note@-1 {{'first' declared here}}
template <config C = config{}>
[[tl::autotune(configs = all, check = no_conversion)]] int second(int, const float *) { return 0; } // expected-error {{option 'check' of type 'int (int, const char *)' cannot be called with the parameters of 'second'}}
// expected-note@-1 {{'second' declared here}}
template <config C = config{}>
[[tl::autotune(configs = all, eligible = no_conversion)]] int third(int) { return 0; } // expected-error {{option 'eligible' of type 'int (int, const char *)' cannot be called with the config and the parameters of 'third'}}
// expected-note@-1 {{'third' declared here}}
template <class T, config C = config{}>
[[tl::autotune(configs = all, key = [](T *) { return 1; })]] int fourth(T) { return 0; } // expected-error {{option 'key' of type '(lambda at }}
// expected-note@-1 {{'fourth' declared here}}

template <config C = config{}>
[[tl::autotune(configs = all, check = [](int) {})]] int fifth(int) { return 0; } // expected-error {{option 'check' returns 'void', expected bool}}
template <config C = config{}>
[[tl::autotune(configs = all, eligible = [](config, int) { return "yes"; })]] int sixth(int) { return 0; } // expected-error {{option 'eligible' returns 'const char *', expected bool}}
template <config C = config{}>
[[tl::autotune(configs = all, key = [](int v) { return v * 0.5; })]] int seventh(int) { return 0; } // expected-error {{option 'key' returns 'double', expected an integer, enum, bool, or an array, pair or tuple of them}}

void use() {
  pruned();        // expected-remark {{call of 'pruned' goes to its dispatcher}}
  pruned_behind(); // expected-remark {{call of 'pruned_behind' goes to its dispatcher}}
  failing();       // expected-remark {{call of 'failing' goes to its dispatcher}}
  not_constant(1); // expected-remark {{call of 'not_constant' goes to its dispatcher}}
  first(1, 0);     // expected-remark {{call of 'first' goes to its dispatcher}}
  second(1, 0);    // expected-remark {{call of 'second' goes to its dispatcher}}
  third(1);        // expected-remark {{call of 'third' goes to its dispatcher}}
  fourth(1);       // expected-remark {{call of 'fourth' goes to its dispatcher}}
  fifth(1);        // expected-remark {{call of 'fifth' goes to its dispatcher}}
  sixth(1);        // expected-remark {{call of 'sixth' goes to its dispatcher}}
  seventh(1);      // expected-remark {{call of 'seventh' goes to its dispatcher}}
}
