// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Spaces that are larger than a build:
//
//   template <gemm_config C = gemm_config{}>
//   [[tl::autotune(configs = tl::on_demand(gemm_space))]] void gemm(...);
//
// Only the default config (and those of a list, if one is given) is compiled with the program. A
// tuning session compiles the others when it wants to try them, by the compiler and with the flags
// that the program was compiled with. docs/on-demand.md describes it.

#ifndef TL_ON_DEMAND_H
#define TL_ON_DEMAND_H

#include <tl/language.h>

#include <tl/space.h>

#include <cstddef>
#include <cstdint>

namespace tl {

/// What on_demand() makes: a space of which only a few configs are compiled ahead of time.
template <class Space, std::size_t Ahead = 0> struct on_demand_t {
  using config_type = typename Space::config_type;
  Space space;
  config_type ahead[Ahead == 0 ? 1 : Ahead]{};
};

/// A space whose configs are compiled when a tuning session asks for them. The axes are integers,
/// enumerations, bools or floating-point numbers.
template <class Config, class Axes, class Predicates>
constexpr on_demand_t<space_t<Config, Axes, Predicates>>
on_demand(const space_t<Config, Axes, Predicates> &space) {
  return {space, {}};
}

/// The same with configs that are compiled ahead of time like the default one:
/// `tl::on_demand(gemm_space, {{.block_m = 64}, {.block_m = 128}})`. Any config of the struct may
/// be named, whether it is in the space or not.
template <class Config, class Axes, class Predicates, std::size_t Count>
constexpr on_demand_t<space_t<Config, Axes, Predicates>, Count>
on_demand(const space_t<Config, Axes, Predicates> &space, const Config (&ahead)[Count]) {
  on_demand_t<space_t<Config, Axes, Predicates>, Count> made{space, {}};
  for (std::size_t at = 0; at < Count; ++at)
    made.ahead[at] = ahead[at];
  return made;
}

namespace detail {

// Each file has its own: such types have long names, of which objects would have several.
#ifdef __clang__
#define TL_OF_THIS_FILE [[clang::internal_linkage]]
#else
#define TL_OF_THIS_FILE
#endif

/// tl_on_demand::admits of such a space.
template <class OnDemand>
TL_OF_THIS_FILE bool admits_combination(const void *space, std::uint64_t combination) {
  const auto &of = static_cast<const OnDemand *>(space)->space;
  typename OnDemand::config_type config{};
  of.axes.assign(config, static_cast<std::size_t>(combination));
  return of.predicates.admit(config);
}

/// tl_on_demand::with_config of such a space.
template <class OnDemand>
TL_OF_THIS_FILE void with_combination(const void *space, std::uint64_t combination,
                                      void (*use)(void *state, const void *config), void *state) {
  typename OnDemand::config_type config{};
  static_cast<const OnDemand *>(space)->space.axes.assign(config,
                                                          static_cast<std::size_t>(combination));
  use(state, &config);
}

#undef TL_OF_THIS_FILE

} // namespace detail
} // namespace tl

#endif
