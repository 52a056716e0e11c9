// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The keywords of [[tl::autotune(...)]]. Each is an object whose assignment yields a typed option,
// so that `timeout = 30` is an ordinary constant expression that the compiler checks.

#ifndef TL_KEYWORDS_H
#define TL_KEYWORDS_H

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
struct tolerance;
struct skip_check;
struct cache_inputs;
struct key;
struct eligible;
struct search;
struct profiler;
struct cold;
struct isolation;
} // namespace keyword

namespace detail {

/// A keyword that takes a value of any type (a space, a function, a lambda).
template <class Keyword> struct open_keyword {
  template <class Value> constexpr option<Keyword, Value> operator=(Value value) const {
    return {value};
  }
};

/// `configs`: like any open keyword, but an array stays an array.
struct configs_keyword : open_keyword<keyword::configs> {
  using open_keyword::operator=;
  template <class Config, std::size_t N>
  constexpr option<keyword::configs, std::array<Config, N>>
  operator=(const Config (&list)[N]) const {
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

} // namespace detail

/// For `using namespace tl::keywords;`. No name here is one that C, POSIX or a toolkit declares
/// globally.
namespace keywords {

/// The space: a tl::space, an array or other constexpr range of config structs. Required, unless
/// the configs are written in the attribute itself as braced lists.
inline constexpr detail::configs_keyword configs{};
/// Untimed running before a variant's first timed sample [ms], default 25.
inline constexpr detail::typed_keyword<keyword::warmup, double> warmup{};
/// Most timed samples per variant, default 100.
inline constexpr detail::typed_keyword<keyword::rep, int> rep{};
/// Hard limit for one trial of one variant [s], default 100.
inline constexpr detail::typed_keyword<keyword::timeout, double> timeout{};
/// Limit for one tuning session [s], default none. A session that ran out of it is continued later.
inline constexpr detail::typed_keyword<keyword::budget, double> budget{};
/// Where the inputs of trials come from, default: the first call's own arguments.
inline constexpr detail::open_keyword<keyword::supply> supply{};
/// A function with the factory's parameters whose results are the right ones. Default: the default
/// config.
inline constexpr detail::open_keyword<keyword::reference> reference{};
/// A function with the factory's parameters that returns whether they hold a right result; replaces
/// the comparison.
inline constexpr detail::open_keyword<keyword::check> check{};
/// Number of runs on the same inputs that must agree bit for bit, default 1 (none). Finds races.
inline constexpr detail::typed_keyword<keyword::check_repeat, int> check_repeat{};
/// See tolerance_t.
inline constexpr detail::typed_keyword<keyword::tolerance, tolerance_t> tolerance{};
/// Trust every variant, default false.
inline constexpr detail::typed_keyword<keyword::skip_check, bool> skip_check{};
/// Keep generated inputs for the next problem of the same shapes, default false.
inline constexpr detail::typed_keyword<keyword::cache_inputs, bool> cache_inputs{};
/// A function with the factory's parameters that returns what identifies the problem (an integer,
/// enum, bool, or an array, pair or tuple of them). Default: all integral, enum and bool arguments
/// and the shapes of views.
inline constexpr detail::open_keyword<keyword::key> key{};
/// `fn(config, args...)` returning whether the config may run on this problem.
inline constexpr detail::open_keyword<keyword::eligible> eligible{};
/// See tl::search.
inline constexpr detail::typed_keyword<keyword::search, search_t> search{};
/// See tl::profiler.
inline constexpr detail::typed_keyword<keyword::profiler, profiler_t> profiler{};
/// Whether caches are flushed before each timed sample. Default: true on a GPU, false on the CPU.
inline constexpr detail::typed_keyword<keyword::cold, bool> cold{};
/// See tl::isolation.
inline constexpr detail::typed_keyword<keyword::isolation, isolation_t> isolation{};

} // namespace keywords
} // namespace tl

#endif
