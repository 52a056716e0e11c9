// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the attribute may stand.
//
// RUN: %clangxx %plugin -Wno-c++23-extensions -fsyntax-only -ferror-limit=0 -Xclang -verify %s

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}};

[[tl::autotune(configs = all)]] void no_template(); // expected-error {{'tl::autotune' needs a function template with tunables, and 'no_template' is no template}}

[[tl::autotune(configs = all)]] int variable; // expected-error {{'tl::autotune' applies to function templates, found 'variable'}}

struct [[tl::autotune(configs = all)]] type {}; // expected-error {{'tl::autotune' applies to function templates, found 'type'}}

template <config C = config{}>
struct [[tl::autotune(configs = all)]] class_template {}; // expected-error {{'tl::autotune' applies to function templates, found 'class_template'}}

[[tl::autotune(configs = all)]] int main(); // expected-error {{'tl::autotune' cannot be applied to 'main'}}

[[autotune(configs = all)]] void unscoped(); // expected-error {{unscoped attribute 'autotune'; did you mean 'tl::autotune'?}}

namespace [[tl::autotune(configs = all)]] space {} // expected-error {{'tl::autotune' applies to function templates, found 'space'}}

struct holder {
  template <config C = config{}>
  [[tl::autotune(configs = all)]] holder(int); // expected-error {{'tl::autotune' cannot be applied to a constructor, destructor, conversion function or deduction guide}}
  template <config C = config{}>
  [[tl::autotune(configs = all)]] void member(); // expected-error {{'tl::autotune' cannot be applied to the non-static member function 'member'; make it static and pass the object}}
  template <class T, config C = config{}>
  [[tl::autotune(configs = all)]] operator T(); // expected-error {{'tl::autotune' cannot be applied to a constructor, destructor, conversion function or deduction guide}}
  template <config C = config{}>
  [[tl::autotune(configs = all)]] friend void befriended() {} // expected-error {{'tl::autotune' cannot be applied to a friend declaration; put it on the declaration of 'befriended' in its namespace}}
  [[tl::autotune(configs = all)]] int field; // expected-error {{'tl::autotune' applies to function templates, found 'field'}}
};

template <config C = config{}>
[[tl::autotune(configs = all)]] auto deduced() { return C.width; } // expected-error {{'tl::autotune' needs a declared return type, and that of 'deduced' is deduced}}

template <config C = config{}>
[[tl::autotune(configs = all)]] decltype(auto) deduced_exactly() { return C.width; } // expected-error {{'tl::autotune' needs a declared return type, and that of 'deduced_exactly' is deduced}}

template <config C = config{}>
[[tl::autotune(configs = all)]] auto trailing(int) -> int { return C.width; }

template <config C = config{}>
[[tl::autotune(configs = all)]] consteval int immediate() { return C.width; } // expected-error {{'tl::autotune' cannot be applied to the consteval function 'immediate', which never runs}}

template <config C = config{}>
[[tl::autotune(configs = all)]] int variadic(int, ...) { return C.width; } // expected-error {{'tl::autotune' cannot be applied to 'variadic', whose C-style variable arguments cannot be passed on}}

void statements() {
  [[tl::autotune(configs = all)]] int local = 0; // expected-error {{'tl::autotune' applies to function templates, found 'local'}}
  [[tl::autotune(configs = all)]] ++local; // expected-error {{'tl::autotune' applies to function templates, found a statement}}
  auto lambda = []<config C = config{}> [[tl::autotune(configs = all)]] (int) {}; // expected-error {{'tl::autotune' cannot be applied to a lambda; name the function template}}
  lambda(1);
}

template <config C = config{}>
[[tl::autotune]] void no_arguments(); // expected-error {{'tl::autotune' needs 'configs = ...' or braced configs}}
template <config C = config{}>
[[tl::autotune()]] void empty_arguments(); // expected-error {{'tl::autotune' needs 'configs = ...' or braced configs}}
template <config C = config{}>
[[tl::autotune(timeout = 3)]] void no_configs(); // expected-error {{'tl::autotune' needs 'configs = ...' or braced configs}}

template <config C = config{}>
[[tl::autotune(configs = all), tl::autotune(configs = all)]] void twice(); // expected-error {{'twice' already has 'tl::autotune'; give all options in one attribute}} expected-note {{first given here}}

template <config C = config{}> void specialised();
template <>
[[tl::autotune(configs = all)]] void specialised<config{2}>() {} // expected-error {{'tl::autotune' applies to function templates, and 'specialised' is an explicit specialization; put it on the primary template}}

template <config C = config{}>
[[tl::autotune(configs = all)]] __attribute__((vectorcall)) void convention(int); // expected-error {{'tl::autotune' needs the default calling convention, and 'convention' is of type 'void (int) __attribute__((vectorcall))'}}

template <config C = config{}>
[[tl::autotune(configs = all)]] __attribute__((noreturn)) void never_returns() { __builtin_trap(); }

// Variants are compiled where the factory is called.
template <config C = config{}>
[[tl::autotune(configs = all)]] void only_declared(int); // expected-error {{'only_declared' is called here but not defined, so that its variants cannot be compiled; define it where it is declared}} expected-note {{'tl::autotune' given here}}
template <config C = config{}>
[[tl::autotune(configs = all)]] void never_called(int);

struct pinned {
  pinned() = default;
  pinned(const pinned &) = delete;
};
template <config C = config{}>
[[tl::autotune(configs = all)]] pinned takes_pinned(pinned) { return {}; } // expected-error {{'takes_pinned' takes a parameter of type 'pinned' by value, which can be neither moved nor copied to a variant; take it by reference}}
template <config C = config{}>
[[tl::autotune(configs = all)]] pinned refers_to_pinned(pinned &) { return {}; } // expected-warning {{nothing in the arguments of 'refers_to_pinned' tells its problems apart}}

void use() {
  only_declared(1);
  takes_pinned({});
  pinned p;
  refers_to_pinned(p);
  never_returns();
}

template <config C = config{}> void late(); // expected-note {{first declared here}}
template <config C>
[[tl::autotune(configs = all)]] void late(); // expected-error {{'tl::autotune' must stand on the first declaration of 'late'}}

template <config C = config{}>
[[tl::autotune(configs = all)]] void repeated(); // expected-note {{first given here}}
template <config C>
[[tl::autotune(configs = all, timeout = 3)]] void repeated(); // expected-error {{'repeated' already has 'tl::autotune' on its first declaration}}

template <config C = config{}>
void after_type() [[tl::autotune(configs = all)]]; // expected-error {{autotune' attribute cannot be applied to types}}
