// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the attribute's arguments may be.
//
// RUN: %clangxx %plugin -fsyntax-only -ferror-limit=0 -Xclang -verify %s
// RUN: not %clangxx %plugin -fsyntax-only -ferror-limit=0 -fdiagnostics-parseable-fixits %s 2>&1 | FileCheck --check-prefix=FIX %s

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
// FIX-DAG: fix-it:{{.*}}:{[[#@LINE-1]]:24-[[#@LINE-1]]:24}:"configs = "
FACTORY [[tl::autotune(configs = all, 3)]] void number(); // expected-error {{expected 'keyword = value' with a keyword of 'tl::keywords', or a braced config}}
FACTORY [[tl::autotune(configs = all, unrelated = 3)]] void other_variable(); // expected-error {{expected 'keyword = value' with a keyword of 'tl::keywords', or a braced config}}
FACTORY [[tl::autotune(configs = all, timeout)]] void no_value(); // expected-error {{option 'timeout' needs a value; expected 'timeout = ...'}}
FACTORY [[tl::autotune(tl::space<config>().axis(&config::width, {1, 2}))]] void no_keyword(); // expected-error {{expected 'keyword = value' with a keyword of 'tl::keywords', or a braced config; did you mean 'configs = ...'?}}
// FIX-DAG: fix-it:{{.*}}:{[[#@LINE-1]]:24-[[#@LINE-1]]:24}:"configs = "
FACTORY [[tl::autotune(configs = all, timeout == 3)]] void comparison(); // expected-error {{invalid operands to binary expression}}
FACTORY [[tl::autotune(configs = all, time_out = 3)]] void misspelt(); // expected-error {{use of undeclared identifier 'time_out'; did you mean 'timeout'?}} expected-note@tl/keywords.h:* {{'timeout' declared here}}
// FIX-DAG: fix-it:{{.*}}:{[[#@LINE-1]]:39-[[#@LINE-1]]:47}:"timeout"
FACTORY [[tl::autotune(configs = all, tl::keywords::timeout = 3)]] void qualified();

FACTORY [[tl::autotune(configs = all, timeout = 3, // expected-note {{first given here}}
                       timeout = 3)]] void twice(); // expected-error {{option 'timeout' given twice}}
// FIX-DAG: fix-it:{{.*}}:{[[#@LINE-2]]:50-[[#@LINE-1]]:35}:""
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
// expected-note@tl/keywords.h:* 1+ {{candidate}}

FACTORY [[tl::autotune(configs = all, timeout = "soon")]] void text(); // expected-error {{option 'timeout' expects a number of seconds, found a value of type 'const char[5]'}}
FACTORY [[tl::autotune(configs = all, warmup = all)]] void array(); // expected-error {{option 'warmup' expects a number of milliseconds, found a value of type 'const config[2]'}}
FACTORY [[tl::autotune(configs = all, rep = 2.5)]] void fraction(); // expected-error {{option 'rep' expects a whole number, found a value of type 'double'}}
FACTORY [[tl::autotune(configs = all, cold = "yes")]] void not_bool(); // expected-error {{option 'cold' expects true or false, found a value of type 'const char[4]'}}
FACTORY [[tl::autotune(configs = all, skip_check = 0.5)]] void half_a_bool(); // expected-error {{option 'skip_check' expects true or false, found a value of type 'double'}}
FACTORY [[tl::autotune(configs = all, tolerance = 1e-3)]] void one_number(); // expected-error {{option 'tolerance' expects '{.rtol = ..., .atol = ..., .max_mismatched_ratio = ...}' or 'tl::rms(r)', found a value of type 'double'}}
FACTORY [[tl::autotune(configs = all, tolerance = tl::rms(-1))]] void negative_rms(); // expected-error {{'rms' of option 'tolerance' is -1, expected a number that is not negative}}
FACTORY [[tl::autotune(configs = all, search = "random")]] void search_text(); // expected-error {{option 'search' expects 'tl::search::exhaustive', 'tl::search::random(n)', 'tl::search::local(n)' or 'tl::search::model(n)', found a value of type 'const char[7]'}}
FACTORY [[tl::autotune(configs = all, profiler = tl::isolation::none)]] void mixed_up(); // expected-error {{option 'profiler' expects 'tl::profiler::event', 'graph', 'cupti' or 'wall', found a value of type 'const isolation_t'}}
FACTORY [[tl::autotune(configs = all, ignored_facts = 3)]] void three_facts(); // expected-error {{option 'ignored_facts' expects 'tl::facts::alignment', 'null', 'overlap' or 'scalars', joined by '|', found a value of type 'int'}}
FACTORY [[tl::autotune(configs = all, ignored_facts = counter ? tl::facts::null : tl::facts::overlap)]] void facts_of_a_run();
FACTORY [[tl::autotune(configs = all, isolation = true)]] void isolated(); // expected-error {{option 'isolation' expects 'tl::isolation::process' or 'tl::isolation::none', found a value of type 'bool'}}

FACTORY [[tl::autotune(configs = all, name = 3)]] void number_name(); // expected-error {{option 'name' expects a string literal, found a value of type 'int'}}
constexpr const char *elsewhere = "sum";
FACTORY [[tl::autotune(configs = all, name = elsewhere)]] void variable_name(); // expected-error {{option 'name' expects a string literal}}
FACTORY [[tl::autotune(configs = all, name = "")]] void empty_name(); // expected-error {{option 'name' is "", expected letters, digits and the characters "_.:-"}}
FACTORY [[tl::autotune(configs = all, name = "sum of all")]] void three_words(); // expected-error {{option 'name' is "sum of all", expected letters, digits and the characters "_.:-"}}
FACTORY [[tl::autotune(configs = all, name = "blas::sum-f32.v2")]] void named();

// A value of a dependent type, for each of the types.
template <class T, config C = config{}>
[[tl::autotune(configs = all, timeout = T{3})]] void dependent(T) {} // expected-error {{option 'timeout' expects a number of seconds, found a value of type}}
FACTORY [[tl::autotune(configs = all, supply = 3)]] void supplied(int) {} // expected-error {{option 'supply' expects a function or one of 'tl::supply', found 'int'}}
FACTORY [[tl::autotune(configs = all, team = 3)]] void with_team(int) {} // expected-error {{option 'team' expects a function, found 'int'}}
struct three { constexpr three(int) {} };
void use() {
  with_team(1);
  dependent(3);
  dependent(three(3));
  supplied(1);
}
FACTORY [[tl::autotune(configs = all, timeout = counter)]] void variable(); // expected-error {{value of option 'timeout' is not a constant expression}} expected-note {{read of non-const variable 'counter' is not allowed in a constant expression}}
