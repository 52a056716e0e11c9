// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which template parameters are tunables, and how configs fit them.
//
// RUN: %clangxx %plugin -fsyntax-only -ferror-limit=0 -Xclang -verify %s

#include <tl/autotune.h>

using namespace tl::keywords;
template <class> struct open_template;

enum class mode { plain, fast };
struct config {
  int width = 1;
};
struct other {
  int width = 1;
  int height = 1; // expected-note {{field declared here}}
};
struct typed {
  mode how = mode::plain;
};
struct wide {
  int width = 300;
};
struct fractional {
  float width = 1;
};
constexpr config all[] = {{1}, {2}};
constexpr other others[] = {{1, 2}};
constexpr typed modes[] = {{mode::fast}};
constexpr wide wides[] = {{}};
constexpr fractional fractions[] = {{}};

template <class T> // expected-error {{'no_default' has no tunables: its last template parameter 'T' has no default argument}}
[[tl::autotune(configs = all)]] void no_default(T); // expected-note {{'tl::autotune' given here}}

template <int width> // expected-error {{'no_default_value' has no tunables: its last template parameter 'width' has no default argument}}
[[tl::autotune(configs = all)]] void no_default_value(); // expected-note {{'tl::autotune' given here}}

template <config C> // expected-error {{tunable 'C' needs a default argument, which is the default config}}
[[tl::autotune(configs = all)]] void no_default_config();

template <config C, class T> // expected-error {{tunable 'C' must be the last template parameter; 'T' follows it}}
[[tl::autotune(configs = all)]] void not_last(T);

template <config C = config{}, class T = int> // expected-error {{tunable 'C' must be the last template parameter; 'T' follows it}}
[[tl::autotune(configs = all)]] void not_last_with_default(T);

template <config C = config{}, class... Ts> // expected-error {{'pack' has no tunables: its last template parameter is the pack 'Ts'; tunables come after it, with default arguments}}
[[tl::autotune(configs = all)]] void pack(Ts...); // expected-note {{'tl::autotune' given here}}

template <config C = config{}>
[[tl::autotune(configs = all)]] void abbreviated(auto); // expected-error {{the template parameters of 'abbreviated''s 'auto' parameters follow its tunables; write them out, before the tunables}}

template <template <class> class T = open_template> // expected-error {{template template parameter 'T' cannot be a tunable}}
[[tl::autotune(configs = all)]] void template_template();

template <int width = 1, int extra = 2> // expected-error {{template parameter 'extra' follows tunable 'width', but 'config' has no field of that name}}
[[tl::autotune(configs = all)]] void parameter_without_field(); // expected-note {{configs given here}}

template <int width = 1>
[[tl::autotune(configs = others)]] void field_without_parameter(); // expected-note {{template declared here}} // expected-error {{field 'height' of 'other' names no template parameter of 'field_without_parameter'}}

template <config C = config{}> // expected-note {{tunable declared here}}
[[tl::autotune(configs = others)]] void wrong_struct(); // expected-error {{the space holds configs of type 'other', but tunable 'C' has type 'config'}}

template <int how = 0> // expected-note {{tunable declared here}}
[[tl::autotune(configs = modes)]] void wrong_type(); // expected-error {{tunable 'how' has type 'int', but its field has type 'mode'}}
template <int width = 0> // expected-note {{tunable declared here}}
[[tl::autotune(configs = fractions)]] void wrong_number(); // expected-error {{tunable 'width' has type 'int', but its field has type 'float'}}
template <unsigned char width = 0> // expected-note {{tunable declared here}}
[[tl::autotune(configs = wides)]] void too_large(); // expected-error {{value 300 of tunable 'width' does not fit in its type 'unsigned char'}}
template <class width = int>
[[tl::autotune(configs = wides)]] void no_type(); // expected-error {{type parameter 'width' needs a field of type tl::type_token, found 'int'}}

template <int width = 1>
[[tl::autotune({.height = 3})]] void unknown_name(); // expected-error {{'unknown_name' has no template parameter 'height' that a config could set}}
template <int width = 1>
[[tl::autotune({.width = 3, .width = 4})]] void name_twice(); // expected-error {{parameter 'width' set twice in one config}}
template <int width = 1>
[[tl::autotune({3})]] void no_name(); // expected-error {{expected '.parameter = value' in a config of plain template parameters}}
template <int width = 1>
[[tl::autotune({})]] void empty_config(); // expected-error {{the configs of 'empty_config' set no template parameter}}
template <int width = 1> // expected-note {{tunable 'width' declared here}}
[[tl::autotune({.width = 2}, {.width = 2.5})]] void fraction(); // expected-error {{conversion from 'double' to 'int' is not allowed in a converted constant expression}}
template <unsigned char width = 1>
[[tl::autotune({.width = 300})]] void narrow(); // expected-error {{non-type template argument evaluates to 300, which cannot be narrowed to type 'unsigned char'}}
template <mode width = mode::plain> // expected-note {{tunable 'width' declared here}}
[[tl::autotune({.width = 1})]] void not_the_enum(); // expected-error {{value of type 'int' is not implicitly convertible to 'mode'}}
template <class T, T width = 1> // expected-note {{tunable 'width' declared here}}
[[tl::autotune({.width = 2.5})]] void dependent_type(T) {} // expected-error {{conversion from 'double' to 'int' is not allowed in a converted constant expression}}
template <auto width = 1> // expected-note {{tunable 'width' declared here}}
[[tl::autotune({.width = 2.5})]] void deduced_type() {} // expected-error {{conversion from 'double' to 'int' is not allowed in a converted constant expression}}
template <class width = int> // expected-note {{tunable 'width' declared here}}
[[tl::autotune({.width = 3})]] void not_a_type(); // expected-error {{type parameter 'width' needs a value 'tl::type<...>', found 'int'}}
template <config c = config{}, int height = 1>
[[tl::autotune({.c = {"x"}})]] void not_a_struct(); // expected-error {{cannot initialize a member subobject of type 'int' with an lvalue of type 'const char[2]'}}
void use() {
  dependent_type(1);
  deduced_type();
}
template <config C = config{}>
[[tl::autotune({.height = 3})]] void unknown_field(); // expected-error {{field designator 'height' does not refer to any field in type 'config'}}

template <int N> struct sized {};
template <int width = 1>
[[tl::autotune(configs = all)]] void signature(sized<width>); // expected-error {{the signature of 'signature' depends on its tunable 'width'; all variants need one signature}}
template <config C = config{}>
[[tl::autotune(configs = all)]] sized<C.width> result(); // expected-error {{the signature of 'result' depends on its tunable 'C'; all variants need one signature}}
template <config C = config{}>
[[tl::autotune(configs = all)]] int by_default(int n, int block = C.width * 8); // expected-error {{the default argument of parameter 'block' of 'by_default' depends on tunable 'C'; callers have one argument for all variants}}
template <int width = 1>
[[tl::autotune(configs = all)]] int by_default_size(int n, int block = sizeof(sized<width>)); // expected-error {{the default argument of parameter 'block' of 'by_default_size' depends on tunable 'width'; callers have one argument for all variants}}
template <class T, config C = config{}>
[[tl::autotune(configs = all)]] int by_other_default(int n, int block = sizeof(T)); // the same for all variants
