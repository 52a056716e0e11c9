// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the attribute's arguments may be.
//
// RUN: %clangxx %plugin -fsyntax-only -ferror-limit=0 -Xclang -verify %s

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
constexpr config all[] = {{1}, {2}};
constexpr double zero = 0;
int counter; // expected-note {{declared here}}
int unrelated;

#define FACTORY template <config C = config{}>

FACTORY [[tl::autotune(all)]] void bare_name(); // expected-error {{expected 'keyword = value' or a braced config, found 'all'; did you mean 'configs = all'?}}
FACTORY [[tl::autotune(configs = all, 3)]] void number(); // expected-error {{expected 'keyword = value' with a keyword of 'tl::keywords', or a braced config}}
FACTORY [[tl::autotune(configs = all, unrelated = 3)]] void other_variable(); // expected-error {{expected 'keyword = value' with a keyword of 'tl::keywords', or a braced config}}
FACTORY [[tl::autotune(configs = all, timeout)]] void no_value(); // expected-error {{expected 'keyword = value' with a keyword of 'tl::keywords', or a braced config}}
FACTORY [[tl::autotune(configs = all, timeout == 3)]] void comparison(); // expected-error {{invalid operands to binary expression}}
FACTORY [[tl::autotune(configs = all, time_out = 3)]] void misspelt(); // expected-error {{use of undeclared identifier 'time_out'; did you mean 'timeout'?}} expected-note@tl/keywords.h:* {{'timeout' declared here}}
FACTORY [[tl::autotune(configs = all, tl::keywords::timeout = 3)]] void qualified();

FACTORY [[tl::autotune(configs = all, timeout = 3, // expected-note {{first given here}}
                       timeout = 3)]] void twice(); // expected-error {{option 'timeout' given twice}}
FACTORY [[tl::autotune(configs = all, // expected-note {{first given here}}
                       configs = all)]] void configs_twice(); // expected-error {{option 'configs' given twice}}
FACTORY [[tl::autotune(configs = all, // expected-note {{'configs' given here}}
                       {.width = 3})]] void both(); // expected-error {{braced configs cannot be given together with 'configs'}}

FACTORY [[tl::autotune(configs = all, timeout = -1)]] void negative(); // expected-error {{option 'timeout' is -1, expected a positive number of seconds}}
FACTORY [[tl::autotune(configs = all, timeout = zero)]] void none(); // expected-error {{option 'timeout' is 0, expected a positive number of seconds}}
FACTORY [[tl::autotune(configs = all, timeout = __builtin_nan(""))]] void nan(); // expected-error {{option 'timeout' is NaN, expected a positive number of seconds}}
FACTORY [[tl::autotune(configs = all, budget = -0.5)]] void debt(); // expected-error {{option 'budget' is -0.5, expected a positive number of seconds}}
FACTORY [[tl::autotune(configs = all, warmup = -2)]] void frozen(); // expected-error {{option 'warmup' is -2, expected a number of milliseconds that is not negative}}
FACTORY [[tl::autotune(configs = all, rep = 0)]] void never(); // expected-error {{option 'rep' is 0, expected a count of at least 1}}
FACTORY [[tl::autotune(configs = all, check_repeat = -1)]] void unchecked(); // expected-error {{option 'check_repeat' is -1, expected a count that is not negative}}
FACTORY [[tl::autotune(configs = all, tolerance = {.rtol = -0.5})]] void rtol(); // expected-error {{'rtol' of option 'tolerance' is -0.5, expected a number that is not negative}}
FACTORY [[tl::autotune(configs = all, tolerance = {.max_mismatched_ratio = 1.5})]] void ratio(); // expected-error {{'max_mismatched_ratio' of option 'tolerance' is 1.5, expected a ratio from 0 to 1}}
FACTORY [[tl::autotune(configs = all, tolerance = {.relative = 1})]] void field(); // expected-error {{no viable overloaded '='}}
FACTORY [[tl::autotune(configs = all, search = tl::search::random(0))]] void nothing(); // expected-error {{option 'search' is a search of no variant, expected a count of at least 1}}
FACTORY [[tl::autotune(configs = all, timeout = "soon")]] void text(); // expected-error {{no viable overloaded '='}}
// expected-note@tl/keywords.h:* 1+ {{candidate function}}
FACTORY [[tl::autotune(configs = all, cold = "yes")]] void not_bool(); // expected-error {{option 'cold' expects true or false, found 'const char[4]'}}
FACTORY [[tl::autotune(configs = all, timeout = counter)]] void variable(); // expected-error {{value of option 'timeout' is not a constant expression}} expected-note {{read of non-const variable 'counter' is not allowed in a constant expression}}
