// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types as values of a config, so that a data type or an algorithm's tag can be tuned:
//
//   struct config { tl::type_token accumulator = tl::type<float>; };
//   template <class accumulator = float> [[tl::autotune(configs = ...)]] void dot(...);

#ifndef TL_TYPE_H
#define TL_TYPE_H

#include <tl/language.h>

namespace tl {
namespace detail {
template <class Type> inline constexpr char type_tag{};
} // namespace detail

/// Stands for one type. The plugin turns it into the argument of the type parameter that has the
/// field's name; it has no other use.
struct type_token {
  const char *id;
  friend constexpr bool operator==(type_token, type_token) = default;
};

template <class Type> inline constexpr type_token type{&detail::type_tag<Type>};

} // namespace tl

#endif
