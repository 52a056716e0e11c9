// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The keywords of [[tl::autotune(...)]]. Each is an object whose assignment yields a typed option,
// so that `timeout = 30` is an ordinary constant expression that the compiler checks.

#ifndef TL_KEYWORDS_H
#define TL_KEYWORDS_H

#include <tl/language.h>

#include <tl/compilers.h>
#include <tl/options.h>

#include <array>
#include <cstddef>
#include <type_traits>

namespace tl {

/// Tags that name the keywords in types.
namespace keyword {
struct configs;
struct warmup;
struct rep;
struct timeout;
struct budget;
struct supply;
struct reference;
struct check;
struct check_repeat;
struct restore;
struct tolerance;
struct skip_check;
struct cache_inputs;
struct key;
struct eligible;
struct search;
struct profiler;
struct cold;
struct isolation;
struct ignored_facts;
struct team;
struct compilers;
struct name;
} // namespace keyword

namespace detail {

/// What the name of several functions, or of a function template, is taken for: the compiler says
/// that no overload of it matches this. Name one: `static_cast<void (*)(int)>(f)`, `f<int>`.
struct ambiguous_name_of_several_functions {
  ambiguous_name_of_several_functions() = delete;
};

/// A keyword that takes a value of any type (a space, a function, a lambda).
template <class Keyword> struct open_keyword {
  template <class Value = ambiguous_name_of_several_functions>
  constexpr option<Keyword, Value> operator=(Value value) const {
    return {value};
  }
};

/// `configs`: like any open keyword, but an array stays an array.
struct configs_keyword : open_keyword<keyword::configs> {
  using open_keyword::operator=;
  template <class Config, std::size_t Count>
  constexpr option<keyword::configs, std::array<Config, Count>>
  operator=(const Config (&list)[Count]) const {
    return {std::to_array(list)};
  }
};

/// What a value of the wrong type makes of a keyword: the plugin refuses it in words of its own.
template <class Keyword> struct mistyped {};

/// Whether a value converts as its author means it: numbers to numbers, but no fraction to a whole
/// number, and no pointer to a bool.
template <class From, class To>
concept fits_keyword =
    std::is_convertible_v<From, To> && (!std::is_integral_v<To> || std::is_integral_v<From> ||
                                        std::is_enum_v<From> || std::is_class_v<From>);

/// A keyword that takes one type: arithmetic values convert as they do in an initialisation.
template <class Keyword, class Value> struct typed_keyword {
  constexpr option<Keyword, Value> operator=(Value value) const { return {value}; }
  template <class Other>
    requires(!fits_keyword<Other, Value>)
  constexpr mistyped<Keyword> operator=(const Other &) const {
    return {};
  }
};

/// `compilers`: a list, of at least one.
struct compilers_keyword {
  template <std::size_t Count>
  constexpr option<keyword::compilers, std::array<device_compiler, Count>>
  operator=(const device_compiler (&list)[Count]) const {
    return {std::to_array(list)};
  }
  template <class Other> constexpr mistyped<keyword::compilers> operator=(const Other &) const {
    return {};
  }
};

} // namespace detail

/// The keywords. What is declared here as tl_attribute_keyword_timeout is written as `timeout`:
/// inside of the attribute the plugin finds the one under the name of the other, so that a program
/// may have a `timeout`, a `check` or a `key` of its own. `using namespace tl::keywords;` is not
/// needed for it.
namespace keywords {

/// The space: a tl::space, an array or other constexpr range of config structs. Required, unless
/// the configs are written in the attribute itself as braced lists.
inline constexpr detail::configs_keyword tl_attribute_keyword_configs{};
/// Untimed running before a variant's first timed sample [ms], default 25.
inline constexpr detail::typed_keyword<keyword::warmup, double> tl_attribute_keyword_warmup{};
/// Most timed samples per variant, default 100.
inline constexpr detail::typed_keyword<keyword::rep, int> tl_attribute_keyword_rep{};
/// Hard limit for one trial of one variant [s], default 100.
inline constexpr detail::typed_keyword<keyword::timeout, double> tl_attribute_keyword_timeout{};
/// Limit for one tuning session [s], default none. A session that ran out of it is continued later.
inline constexpr detail::typed_keyword<keyword::budget, double> tl_attribute_keyword_budget{};
/// Where the inputs of trials come from, default: the first call's own arguments.
inline constexpr detail::open_keyword<keyword::supply> tl_attribute_keyword_supply{};
/// A function with the factory's parameters whose results are the right ones. Default: the default
/// config.
inline constexpr detail::open_keyword<keyword::reference> tl_attribute_keyword_reference{};
/// A function with the factory's parameters that returns whether they hold a right result; replaces
/// the comparison.
inline constexpr detail::open_keyword<keyword::check> tl_attribute_keyword_check{};
/// Number of runs on the same inputs that must agree bit for bit, default 1 (none). Finds races.
inline constexpr detail::typed_keyword<keyword::check_repeat, int>
    tl_attribute_keyword_check_repeat{};
/// A function with the factory's parameters that puts the data back on which they lead, so that
/// each run works on the same: called untimed before each launch of a trial. Default: memory is put
/// back as it was.
inline constexpr detail::open_keyword<keyword::restore> tl_attribute_keyword_restore{};
/// See tolerance_t and tl::rms.
inline constexpr detail::typed_keyword<keyword::tolerance, tolerance_t>
    tl_attribute_keyword_tolerance{};
/// Trust every variant, default false.
inline constexpr detail::typed_keyword<keyword::skip_check, bool> tl_attribute_keyword_skip_check{};
/// Keep generated inputs for the next problem of the same shapes, default false.
inline constexpr detail::typed_keyword<keyword::cache_inputs, bool>
    tl_attribute_keyword_cache_inputs{};
/// A function with the factory's parameters that returns what identifies the problem (an integer,
/// enum, bool, or an array, pair or tuple of them). Default: all integral, enum and bool arguments
/// and the shapes of views.
/// tl::one_problem: there is only one problem. Variants must be right for all calls of one problem,
/// and those of the first one are checked.
inline constexpr detail::open_keyword<keyword::key> tl_attribute_keyword_key{};
/// `fn(config, args...)` returning whether the config may run on this problem.
inline constexpr detail::open_keyword<keyword::eligible> tl_attribute_keyword_eligible{};
/// See tl::search.
inline constexpr detail::typed_keyword<keyword::search, search_t> tl_attribute_keyword_search{};
/// See tl::profiler.
inline constexpr detail::typed_keyword<keyword::profiler, profiler_t>
    tl_attribute_keyword_profiler{};
/// Whether caches are flushed before each timed sample. Default: true on a GPU, false on the CPU.
inline constexpr detail::typed_keyword<keyword::cold, bool> tl_attribute_keyword_cold{};
/// Facts of a call on which the rightness of no variant depends, default none: see tl::facts.
inline constexpr detail::typed_keyword<keyword::ignored_facts, facts_t>
    tl_attribute_keyword_ignored_facts{};
/// What the log, `tltune` and TL_FORCE_CONFIG call the factory: a string literal of letters, digits
/// and "_.:-". Default: the function's own name. Template arguments before the tunables follow it.
inline constexpr detail::typed_keyword<keyword::name, const char *> tl_attribute_keyword_name{};
/// See tl::isolation.
inline constexpr detail::typed_keyword<keyword::isolation, isolation_t>
    tl_attribute_keyword_isolation{};
/// `fn(call, args...)`, for a function that all threads of a team call together: makes such a team,
/// and calls `call(args...)` from each of its threads, with the arguments that the thread has.
/// Trials run in that way, the reference too. Default: trials run on one thread.
inline constexpr detail::open_keyword<keyword::team> tl_attribute_keyword_team{};
/// The compilers that make the kernels' code, CUDA only: `{tl::clang(), tl::nvcc()}`. Each config
/// is compiled by each of them and becomes a variant for each. Default: the command's own.
inline constexpr detail::compilers_keyword tl_attribute_keyword_compilers{};

} // namespace keywords

#ifdef TL_KEYWORDS_ANYWHERE
/// The same under their own names, for code outside of the attribute: tests of the headers.
namespace keywords {
inline constexpr auto &configs = tl_attribute_keyword_configs;
inline constexpr auto &warmup = tl_attribute_keyword_warmup;
inline constexpr auto &rep = tl_attribute_keyword_rep;
inline constexpr auto &timeout = tl_attribute_keyword_timeout;
inline constexpr auto &budget = tl_attribute_keyword_budget;
inline constexpr auto &supply = tl_attribute_keyword_supply;
inline constexpr auto &reference = tl_attribute_keyword_reference;
inline constexpr auto &check = tl_attribute_keyword_check;
inline constexpr auto &check_repeat = tl_attribute_keyword_check_repeat;
inline constexpr auto &restore = tl_attribute_keyword_restore;
inline constexpr auto &tolerance = tl_attribute_keyword_tolerance;
inline constexpr auto &skip_check = tl_attribute_keyword_skip_check;
inline constexpr auto &cache_inputs = tl_attribute_keyword_cache_inputs;
inline constexpr auto &key = tl_attribute_keyword_key;
inline constexpr auto &eligible = tl_attribute_keyword_eligible;
inline constexpr auto &search = tl_attribute_keyword_search;
inline constexpr auto &profiler = tl_attribute_keyword_profiler;
inline constexpr auto &cold = tl_attribute_keyword_cold;
inline constexpr auto &ignored_facts = tl_attribute_keyword_ignored_facts;
inline constexpr auto &isolation = tl_attribute_keyword_isolation;
inline constexpr auto &team = tl_attribute_keyword_team;
inline constexpr auto &compilers = tl_attribute_keyword_compilers;
inline constexpr auto &name = tl_attribute_keyword_name;
} // namespace keywords
#endif
} // namespace tl

#endif
