// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The attribute's options: each found by its keyword, and what it means to the runtime.

#ifndef TL_DETAIL_OPTION_SET_H
#define TL_DETAIL_OPTION_SET_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/keywords.h>
#include <tl/options.h>
#include <tl/supply.h>

#include <cstdint>
#include <utility>

namespace tl {
namespace detail {

/// The attribute's options, each found by its keyword.
template <class... Options> struct option_set_t : Options... {};
template <class... Options> constexpr option_set_t<Options...> option_set(Options... options) {
  return {options...};
}

/// The one with a keyword among the options of a set: a function without a definition, for
/// decltype.
template <class Keyword, class Value>
option<Keyword, Value> find_option(const option<Keyword, Value> &);
template <class Keyword> void find_option(...);
template <class Keyword, class Options>
using option_of = decltype(find_option<Keyword>(std::declval<const Options &>()));
template <class Keyword, class Options>
inline constexpr bool has_option_v = !__is_same(option_of<Keyword, Options>, void);

template <class Keyword, class Options> constexpr auto &value_of(const Options &options) {
  return static_cast<const option_of<Keyword, Options> &>(options).value;
}

/// What holds where an option is not given.
inline constexpr tl_options default_options = [] {
  tl_options result{};
  result.struct_size = sizeof result;
  result.rep = 100;
  result.timeout = 100;
  result.warmup = 25;
  result.rtol = tolerance_t{}.rtol;
  result.atol = tolerance_t{}.atol;
  result.max_mismatched_ratio = tolerance_t{}.max_mismatched_ratio;
  result.check_repeat = 1;
  return result;
}();

constexpr void set_option(tl_options &to, const option<keyword::rep, int> &it) {
  to.rep = static_cast<std::uint32_t>(it.value);
}
constexpr void set_option(tl_options &to, const option<keyword::timeout, double> &it) {
  to.timeout = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::budget, double> &it) {
  to.budget = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::warmup, double> &it) {
  to.warmup = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::tolerance, tolerance_t> &it) {
  to.rtol = it.value.rtol;
  to.atol = it.value.atol;
  to.max_mismatched_ratio = it.value.max_mismatched_ratio;
  to.rms = it.value.rms;
  to.equal_nan = it.value.equal_nan;
}
constexpr void set_option(tl_options &to, const option<keyword::check_repeat, int> &it) {
  to.check_repeat = static_cast<std::uint32_t>(it.value);
}
constexpr void set_option(tl_options &to, const option<keyword::skip_check, bool> &it) {
  to.skip_check = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::cold, bool> &it) {
  to.cold = it.value ? TL_TRUE : TL_FALSE;
}
constexpr void set_option(tl_options &to, const option<keyword::cache_inputs, bool> &it) {
  to.cache_inputs = it.value;
}
constexpr void set_option(tl_options &to, const option<keyword::isolation, isolation_t> &it) {
  to.isolation = it.value.value;
}
constexpr void set_option(tl_options &to, const option<keyword::ignored_facts, facts_t> &it) {
  to.ignored_facts = it.value.value;
}
constexpr void set_option(tl_options &to, const option<keyword::profiler, profiler_t> &it) {
  to.profiler = it.value.value;
}
constexpr void set_option(tl_options &to, const option<keyword::search, search_t> &it) {
  to.search = it.value.strategy;
  to.search_count = it.value.count;
}
constexpr void set_option(tl_options &to, const option<keyword::supply, supply_t> &it) {
  to.supply = it.value.kind;
  to.supply_seed = it.value.seed;
}
/// The callbacks, which need the factory's types; see set_callback.
template <class Keyword, class Value>
constexpr void set_option(tl_options &, const option<Keyword, Value> &) {}

} // namespace detail
} // namespace tl

#endif
