// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `eligible = fn`: which variants may run on a problem.

#ifndef TL_DETAIL_ELIGIBLE_H
#define TL_DETAIL_ELIGIBLE_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/type_list.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

template <class Config> constexpr bool same_config(const Config &left, const Config &right) {
  if constexpr (requires { bool(left == right); })
    return bool(left == right);
  else {
    static_assert(std::has_unique_object_representations_v<Config>,
                  "`eligible` returns configs, so the config struct needs an operator==");
    return __builtin_memcmp(&left, &right, sizeof left) == 0;
  }
}

/// Marks the variants that `eligible` admits: fn(config, args...) says yes or no to each,
/// fn(args...) returns the configs that are wanted. One that was not compiled, and never will be,
/// is reported, since nobody else would notice that it never runs.
template <class Config, class Parameters, class Function>
void find_eligible(const Function &fn, const tl_factory *factory, void *const *arguments,
                   std::uint8_t *wanted) {
  const auto *const *values = static_cast<const Config *const *>(factory->values);
  if constexpr (callable_with<Function, prepend_t<const Config &, Parameters>>) {
    for (std::uint32_t index = 0; index < factory->variant_count; ++index)
      wanted[index] = apply_arguments(
          [&](auto &&...args) {
            return bool(fn(*values[index], std::forward<decltype(args)>(args)...));
          },
          arguments, Parameters{});
  } else {
    static_assert(callable_with<Function, Parameters>,
                  "`eligible` takes (config, arguments...) and returns a bool, or (arguments...) "
                  "and returns configs");
    std::size_t position = 0;
    for (const Config &config : apply_arguments(fn, arguments, Parameters{})) {
      bool compiled = false;
      for (std::uint32_t index = 0; index < factory->variant_count; ++index)
        if (same_config(*values[index], config))
          compiled = true, wanted[index] = 1;
      if (!compiled && !factory->on_demand)
        tl_rt_warn_not_compiled(factory, position);
      ++position;
    }
  }
}

/// What `eligible` says of one variant.
template <class Config, class Parameters, class Function>
bool is_eligible(const Function &fn, const tl_factory *factory, void *const *arguments,
                 std::uint32_t variant) {
  const Config &config = *static_cast<const Config *const *>(factory->values)[variant];
  if constexpr (callable_with<Function, prepend_t<const Config &, Parameters>>) {
    return apply_arguments(
        [&](auto &&...args) { return bool(fn(config, std::forward<decltype(args)>(args)...)); },
        arguments, Parameters{});
  } else {
    for (const Config &wanted : apply_arguments(fn, arguments, Parameters{}))
      if (same_config(config, wanted))
        return true;
    return false;
  }
}

} // namespace detail
} // namespace tl

#endif
