// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compile-time set of configs:
//
//   constexpr auto gemm_space = tl::space<gemm_config>()
//       .axis(&gemm_config::block_m, {32, 64, 128})
//       .axis(&gemm_config::threads, {128, 256})
//       .where([](gemm_config c) { return c.block_m <= c.threads; });
//
// A space only describes the set; the plugin enumerates it once, at compile time.

#ifndef TL_SPACE_H
#define TL_SPACE_H

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

/// Axes, the first of them innermost in the type and slowest in the enumeration. `assign` sets the
/// fields of combination number `index`: loops, and not recursive visitors, since every space is
/// instantiated.
struct no_axes {
  static constexpr std::size_t combinations = 1;
  template <class Config> constexpr void assign(Config &, std::size_t) const {}
};
template <class Before, class Config, class Field, std::size_t N> struct axis_chain {
  Before before;
  Field Config::*field;
  Field values[N];
  static constexpr std::size_t combinations = Before::combinations * N;

  constexpr void assign(Config &config, std::size_t index) const {
    // The slower axes change with the first value of this one.
    if (index % N == 0)
      before.assign(config, index / N);
    config.*field = values[index % N];
  }
};

struct no_predicates {
  template <class Config> constexpr bool admit(const Config &) const { return true; }
};
template <class Before, class Predicate> struct predicate_chain {
  Before before;
  Predicate predicate;

  template <class Config> constexpr bool admit(const Config &config) const {
    return before.admit(config) && bool(predicate(config));
  }
};

/// Not constexpr: reaching it ends a constant evaluation with this name in the note.
inline void axis_value_does_not_fit_the_field() {}

/// The configs of a space, in its order.
template <class Config, std::size_t N> struct config_array {
  Config data[N == 0 ? 1 : N];
};

} // namespace detail

/// All combinations of the axes' values that every predicate admits. A field without an axis keeps
/// the value it has in a default-constructed Config. The last axis varies fastest.
template <class Config, class Axes = detail::no_axes, class Predicates = detail::no_predicates>
class space_t {
public:
  using config_type = Config;

  Axes axes{};
  Predicates predicates{};

  /// Adds the values that one field of the config takes. A value that the field's type cannot hold
  /// makes the space no constant expression.
  template <class Field, class Value, std::size_t N>
    requires std::is_convertible_v<Value, Field>
  constexpr auto axis(Field Config::*field, const Value (&values)[N]) const {
    space_t<Config, detail::axis_chain<Axes, Config, Field, N>, Predicates> extended{
        {axes, field, {}}, predicates};
    for (std::size_t i = 0; i < N; ++i) {
      const Field value = static_cast<Field>(values[i]);
      extended.axes.values[i] = value;
      if constexpr (!std::is_same_v<Field, Value>)
        if (static_cast<Value>(value) != values[i])
          detail::axis_value_does_not_fit_the_field();
    }
    return extended;
  }

  /// Keeps only the configs for which `predicate(config)` is true.
  template <class Predicate>
    requires std::is_invocable_r_v<bool, const Predicate &, const Config &>
  constexpr auto where(Predicate predicate) const {
    using extended = detail::predicate_chain<Predicates, Predicate>;
    return space_t<Config, Axes, extended>{axes, extended{predicates, predicate}};
  }

  /// Number of combinations before any predicate.
  static constexpr std::size_t combinations() { return Axes::combinations; }

  /// Whether every predicate admits the config.
  constexpr bool admits(const Config &config) const { return predicates.admit(config); }

  /// Calls visit(config) for each config of the space, in order.
  template <class Visit> constexpr void for_each(Visit &&visit) const {
    Config config{};
    for (std::size_t i = 0; i < Axes::combinations; ++i) {
      axes.assign(config, i);
      if (predicates.admit(config))
        visit(static_cast<const Config &>(config));
    }
  }
};

/// An empty description of a space over a config struct: its only config is the default one, until
/// axes are added.
template <class Config>
  requires std::is_class_v<Config>
constexpr space_t<Config> space() {
  return {};
}

/// An explicit list: `tl::configs_of<gemm_config>({{.block_m = 64}, {.block_m = 128}})`.
template <class Config, std::size_t N>
constexpr std::array<Config, N> configs_of(const Config (&configs)[N]) {
  return std::to_array(configs);
}

namespace detail {

/// Writes down the configs of a space (unless `to` is null) and returns their number.
template <class Config, class Axes, class Predicates>
constexpr std::size_t write_configs(const space_t<Config, Axes, Predicates> &space, Config *to) {
  std::size_t count = 0;
  space.for_each([&](const Config &config) {
    if (to)
      to[count] = config;
    ++count;
  });
  return count;
}
/// The same for any other range of configs.
template <class Config, class Configs>
constexpr std::size_t write_configs(const Configs &configs, Config *to) {
  std::size_t count = 0;
  for (const auto &config : configs) {
    if (to)
      to[count] = config;
    ++count;
  }
  return count;
}

/// For decltype.
template <class Config, class Axes, class Predicates>
Config first_config(const space_t<Config, Axes, Predicates> &);
template <class Configs>
std::remove_cvref_t<decltype(*std::begin(std::declval<const Configs &>()))>
first_config(const Configs &);
template <class Configs>
using config_of = decltype(detail::first_config(std::declval<const Configs &>()));

template <class Configs> constexpr std::size_t config_count(const Configs &configs) {
  return write_configs(configs, static_cast<config_of<Configs> *>(nullptr));
}

template <std::size_t N, class Configs> constexpr auto config_list(const Configs &configs) {
  config_array<config_of<Configs>, N> list{};
  write_configs(configs, list.data);
  return list;
}

} // namespace detail
} // namespace tl

#endif
