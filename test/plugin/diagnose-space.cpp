// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Spaces: constant, not empty, of configs.
//
// RUN: %clangxx %plugin -fplugin-arg-tl-limit=8 -fsyntax-only -ferror-limit=0 -Xclang -verify %s

#include <array>
#include <tl/autotune.h>
#include <vector>

using namespace tl::keywords;

struct config {
  int width = 1;
  int height = 1;
};
constexpr auto good = tl::space<config>().axis(&config::width, {1, 2});
auto not_constant = tl::space<config>().axis(&config::width, {1, 2}); // expected-note {{declared here}}
constexpr auto empty = good.where([](config c) { return c.width > 2; });
constexpr auto large = tl::space<config>().axis(&config::width, {1, 2, 3}).axis(&config::height, {1, 2, 3});
constexpr auto repeated = tl::space<config>().axis(&config::width, {1, 2, 1});
constexpr std::array<config, 0> none = {};
constexpr int numbers[] = {1, 2};
int helper(config); // expected-note 2 {{declared here}}
constexpr auto undefined = good.where([](config c) { return helper(c) > 0; }); // expected-note {{non-constexpr function 'helper' cannot be used in a constant expression}}

// What is wrong with a space is said where it is made, once.
constexpr auto misspelt = good.axis(&config::widht, {1}); // expected-error {{no member named 'widht' in 'config'}}
constexpr auto no_bool = good.where([](config c) { c.width = 2; }); // expected-error {{no matching member function for call to 'where'}}
constexpr auto no_config = good.where([](int c) { return c > 1; }); // expected-error {{no matching member function for call to 'where'}}
constexpr auto no_number = good.axis(&config::height, {"a"}); // expected-error {{no matching member function for call to 'axis'}}
constexpr auto no_struct = tl::space<int>(); // expected-error {{no matching function for call to 'space'}}
// expected-note@tl/space.h:* 1+ {{candidate template ignored: constraints not satisfied}}
// expected-note@tl/space.h:* 2 {{because 'std::is_invocable_r_v<}}
// expected-note@tl/space.h:* {{because 'std::is_convertible_v<const char *, int>' evaluated to false}}
// expected-note@tl/space.h:* {{because 'std::is_class_v<int>' evaluated to false}}
struct unassignable {
  const int width = 1; // expected-note {{copy assignment operator of 'unassignable' is implicitly deleted because field 'width' is of const-qualified type 'const int'}}
};
constexpr std::array<unassignable, 2> const_fields{{{1}, {2}}};
constexpr unassignable const_array[] = {{1}, {2}}; // read from its value, and never assigned

#define FACTORY template <config C = config{}>

FACTORY [[tl::autotune(configs = good)]] void fine();
FACTORY [[tl::autotune(configs = not_constant)]] void variable(); // expected-error {{the space is not a constant expression}} expected-note {{read of non-constexpr variable 'not_constant' is not allowed in a constant expression}}
FACTORY [[tl::autotune(configs = empty)]] void nothing(); // expected-error {{the space is empty: no combination of its axes satisfies its predicates}}
FACTORY [[tl::autotune(configs = none)]] void no_elements(); // expected-error {{the space is empty}}
FACTORY [[tl::autotune(configs = large)]] void nine(); // expected-warning {{the space of 'nine' has 9 configs, more than the limit of 8; each is compiled (-fplugin-arg-tl-limit=N changes the limit)}}
FACTORY [[tl::autotune(configs = 5)]] void number(); // expected-error {{'configs' expects a tl::space or a constexpr range of config structs, found 'int'}}
FACTORY [[tl::autotune(configs = numbers)]] void array(); // expected-error {{'configs' expects a tl::space or a constexpr range of config structs, found 'const int[2]'}}
FACTORY [[tl::autotune(configs = config{3})]] void single(); // expected-error {{'configs' expects a tl::space or a constexpr range of config structs, found 'config'}}
FACTORY [[tl::autotune(configs = helper)]] void function(); // expected-error {{'configs' expects a tl::space or a constexpr range of config structs}}
FACTORY [[tl::autotune(configs = undefined)]] void predicate(); // expected-error {{the space is not a constant expression}}
FACTORY [[tl::autotune(configs = std::vector<config>{{1, 1}, {2, 1}})]] void temporary();
FACTORY [[tl::autotune({.width = 2}, {.width = not_constant.combinations() ? 3 : 4})]] void braced();
FACTORY [[tl::autotune({.width = helper({})})]] void braced_call(); // expected-error {{the space is not a constant expression}} expected-note {{non-constexpr function 'helper' cannot be used in a constant expression}}

FACTORY [[tl::autotune(configs = no_bool)]] void not_made();
template <unassignable C = unassignable{}> [[tl::autotune(configs = const_fields)]] void not_assigned(); // expected-note {{in instantiation of function template specialization}}
// expected-error@tl/space.h:* {{object of type 'unassignable' cannot be assigned because its copy assignment operator is implicitly deleted}}
// expected-note@tl/space.h:* 1+ {{in instantiation of}}

template <unassignable C = unassignable{}> [[tl::autotune(configs = const_array)]] void read_only();

FACTORY [[tl::autotune(configs = repeated)]] void twice() {} // expected-warning {{config 'width=1,height=1' is more than once in the space of 'twice'}}
void use() { twice(); }
