// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compile-time set of configs:
//
//   constexpr auto gemm_space = tl::space<gemm_config>()
//       .axis(&gemm_config::block_m, {32, 64, 128})
//       .axis(&gemm_config::threads, {128, 256})
//       .where([](gemm_config c) { return c.block_m <= c.threads; });
//
// A space only describes the set; the plugin enumerates it once, at compile time, or not at all
// where the attribute says tl::on_demand(gemm_space), see on_demand.h. For programs it is a
// constant range of configs, none of which is kept: `for (gemm_config c : gemm_space)`.

#ifndef TL_SPACE_H
#define TL_SPACE_H

#include <tl/detail/same_fields.h>
#include <tl/language.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
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
  template <class Config> constexpr void step(Config &, std::size_t) const {}
  template <class Config> constexpr bool locate(const Config &, std::size_t &) const {
    return true;
  }
  template <class Visit> constexpr void for_each_step(std::size_t, std::size_t, Visit &&) const {}
};
template <class Before, class Config, class Field, std::size_t Count> struct axis_chain {
  Before before;
  Field Config::*field;
  Field values[Count];
  static constexpr std::size_t combinations = Before::combinations * Count;

  constexpr void assign(Config &config, std::size_t index) const {
    before.assign(config, index / Count);
    config.*field = values[index % Count];
  }
  /// The same for a config that holds combination `index` - 1.
  constexpr void step(Config &config, std::size_t index) const {
    // The slower axes change with the first value of this one.
    if (index % Count == 0)
      before.step(config, index / Count);
    config.*field = values[index % Count];
  }
  /// Finds the combination whose fields with axes are those of `config`, where there is one.
  constexpr bool locate(const Config &config, std::size_t &index) const {
    if (!before.locate(config, index))
      return false;
    for (std::size_t at = 0; at < Count; ++at)
      if (same_fields_or_values(values[at], config.*field)) {
        index = index * Count + at;
        return true;
      }
    return false;
  }
  /// Calls visit for combination `index` and what follows it (`stride` of this axis's neighbours
  /// apart), one step away along one axis.
  template <class Visit>
  constexpr void for_each_step(std::size_t index, std::size_t stride, Visit &&visit) const {
    before.for_each_step(index, stride * Count, visit);
    const std::size_t at = index / stride % Count;
    if (at > 0)
      visit(index - stride);
    if (at + 1 < Count)
      visit(index + stride);
  }

private:
  static constexpr bool same_fields_or_values(const Field &one, const Field &other) {
    if constexpr (std::is_class_v<Field>)
      return same_fields(one, other);
    else
      return one == other;
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

/// Not constexpr, too: an index that is none is a mistake of the program.
[[noreturn]] inline void space_has_no_such_index(std::size_t index, std::size_t size) {
  std::fprintf(stderr, "tl: config %zu of a space of %zu configs was asked for\n", index, size);
  std::abort();
}
constexpr void require_index(std::size_t index, std::size_t size) {
  if (index >= size) {
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
    __builtin_trap();
#else
    space_has_no_such_index(index, size);
#endif
  }
}

/// A number below `bound` from a uniform random bit generator, without a preference.
template <class Generator>
constexpr std::size_t draw_below(Generator &&generator, std::size_t bound) {
  using source = std::remove_reference_t<Generator>;
  // As many of its numbers as make 64 bits, which all bounds are far below.
  constexpr std::uint64_t range = std::uint64_t(source::max()) - std::uint64_t(source::min());
  std::uint64_t drawn = 0;
  if constexpr (range == ~std::uint64_t(0)) {
    drawn = generator() - source::min();
  } else {
    for (std::uint64_t reach = 1; reach <= ~std::uint64_t(0) / (range + 1); reach *= range + 1)
      drawn = drawn * (range + 1) + (std::uint64_t(generator()) - source::min());
  }
  return bound == 0 ? 0 : static_cast<std::size_t>(drawn % bound);
}

/// The configs of a space, in its order.
template <class Config, std::size_t Count> struct config_array {
  Config data[Count == 0 ? 1 : Count];
};

/// A place in a space. It points into the space, which must outlive it. A forward iterator in the
/// sense of C++20; since configs are made when they are asked for, an input iterator before that.
template <class Space> class config_iterator {
public:
  using value_type = typename Space::config_type;
  using difference_type = std::ptrdiff_t;
  using reference = value_type;
  using pointer = void;
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;

  constexpr config_iterator() = default;
  constexpr config_iterator(const Space *space, std::size_t index) : space_(space), index_(index) {
    skip_refused();
  }
  constexpr value_type operator*() const { return space_->combination(index_); }
  constexpr config_iterator &operator++() {
    ++index_;
    skip_refused();
    return *this;
  }
  constexpr config_iterator operator++(int) {
    const config_iterator before = *this;
    ++*this;
    return before;
  }
  constexpr bool operator==(const config_iterator &) const = default;

private:
  const Space *space_ = nullptr;
  std::size_t index_ = 0; ///< of the combination

  constexpr void skip_refused() {
    while (index_ < Space::combinations() && !space_->admits(**this))
      ++index_;
  }
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
  template <class Field, class Value, std::size_t Count>
    requires std::is_convertible_v<Value, Field>
  constexpr auto axis(Field Config::*field, const Value (&values)[Count]) const {
    space_t<Config, detail::axis_chain<Axes, Config, Field, Count>, Predicates> extended{
        {axes, field, {}}, predicates};
    for (std::size_t index = 0; index < Count; ++index) {
      const Field value = static_cast<Field>(values[index]);
      extended.axes.values[index] = value;
      if constexpr (!std::is_same_v<Field, Value>)
        if (static_cast<Value>(value) != values[index])
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
    for (std::size_t index = 0; index < Axes::combinations; ++index) {
      axes.step(config, index);
      if (predicates.admit(config))
        visit(static_cast<const Config &>(config));
    }
  }

  /// Combination number `index`, whether a predicate refuses it or not.
  constexpr Config combination(std::size_t index) const {
    detail::require_index(index, Axes::combinations);
    Config config{};
    axes.assign(config, index);
    return config;
  }

  /// The configs as a range. With predicates, size() and operator[] ask them about every
  /// combination that comes before.
  constexpr auto begin() const { return detail::config_iterator<space_t>(this, 0); }
  constexpr auto end() const { return detail::config_iterator<space_t>(this, Axes::combinations); }
  constexpr std::size_t size() const {
    std::size_t count = 0;
    for_each([&](const Config &) { ++count; });
    return count;
  }
  constexpr bool empty() const { return size() == 0; }
  constexpr Config operator[](std::size_t index) const {
    if constexpr (std::is_same_v<Predicates, detail::no_predicates>) {
      return combination(index);
    } else {
      auto it = begin();
      for (std::size_t passed = 0; passed < index && it != end(); ++passed)
        ++it;
      if (it == end())
        detail::require_index(index, size());
      return *it;
    }
  }

  /// The number of the combination that has the fields of `config`; combinations() where none has.
  /// No predicate is asked. Costs as much as the axes have values.
  constexpr std::size_t combination_of(const Config &config) const {
    std::size_t index = 0;
    if (axes.locate(config, index) && detail::same_fields(combination(index), config))
      return index;
    return Axes::combinations;
  }

  /// Whether the config is one of the space.
  constexpr bool contains(const Config &config) const {
    return combination_of(config) != Axes::combinations && predicates.admit(config);
  }

  /// The number of a combination that the predicates admit, each of them as likely as the others
  /// where `generator` (a uniform random bit generator) is a good one; combinations() where they
  /// admit none. Draws until one is admitted, and searches from a drawn one on where few are.
  template <class Generator> constexpr std::size_t random_combination(Generator &&generator) const {
    constexpr int most_draws = 1000;
    std::size_t index = 0;
    for (int draw = 0; draw < most_draws; ++draw) {
      index = detail::draw_below(generator, Axes::combinations);
      if (predicates.admit(combination(index)))
        return index;
    }
    for (std::size_t passed = 0; passed < Axes::combinations; ++passed) {
      const std::size_t at = (index + passed) % Axes::combinations;
      if (predicates.admit(combination(at)))
        return at;
    }
    return Axes::combinations;
  }

  /// Calls visit(number of the combination) for each admitted one that is one step away from
  /// combination `index` along one axis, in the order of the axis's values.
  template <class Visit> constexpr void for_each_neighbor(std::size_t index, Visit &&visit) const {
    detail::require_index(index, Axes::combinations);
    axes.for_each_step(index, 1, [&](std::size_t near) {
      if (predicates.admit(combination(near)))
        visit(near);
    });
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
template <class Config, std::size_t Count>
constexpr std::array<Config, Count> configs_of(const Config (&configs)[Count]) {
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

/// The config struct, without an iterator of a space, which compilers would have to make.
template <class Configs> struct config_in {
  using type = std::remove_cvref_t<decltype(*std::begin(std::declval<const Configs &>()))>;
};
template <class Config, class Axes, class Predicates>
struct config_in<space_t<Config, Axes, Predicates>> {
  using type = Config;
};
template <class Configs> using config_of = typename config_in<Configs>::type;

template <class Configs> constexpr std::size_t config_count(const Configs &configs) {
  return write_configs(configs, static_cast<config_of<Configs> *>(nullptr));
}

template <std::size_t Count, class Configs> constexpr auto config_list(const Configs &configs) {
  config_array<config_of<Configs>, Count> list{};
  write_configs(configs, list.data);
  return list;
}

} // namespace detail
} // namespace tl

#endif
