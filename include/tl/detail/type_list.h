// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists of parameter types, and calls with arguments that are given by address.

#ifndef TL_DETAIL_TYPE_LIST_H
#define TL_DETAIL_TYPE_LIST_H

#include <tl/language.h>

#include <tl/detail/signature.h>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace tl::detail {

template <class... Type> struct type_list {};

template <class List> inline constexpr std::size_t list_size_v = 0;
template <class... Type>
inline constexpr std::size_t list_size_v<type_list<Type...>> = sizeof...(Type);

template <class First, class Second> struct concatenated;
template <class... First, class... Second>
struct concatenated<type_list<First...>, type_list<Second...>> {
  using type = type_list<First..., Second...>;
};
template <class First, class Second>
using concatenated_t = typename concatenated<First, Second>::type;
template <class Type, class List> using prepend_t = concatenated_t<type_list<Type>, List>;

template <class List> struct first_of;
template <class Type, class... Rest> struct first_of<type_list<Type, Rest...>> {
  using type = Type;
};

template <class Callable, class List> inline constexpr bool callable_with = false;
template <class Callable, class... Type>
inline constexpr bool callable_with<Callable, type_list<Type...>> =
    std::is_invocable_v<Callable &, Type...>;

/// Calls `callable` with arguments[offset], arguments[offset + 1], ... as parameters of those
/// types.
template <class Callable, class... Type>
decltype(auto) apply_arguments(Callable &&callable, void *const *arguments, type_list<Type...>,
                               std::size_t offset = 0) {
  return [&]<std::size_t... Index>(std::index_sequence<Index...>) -> decltype(auto) {
    return callable(argument<Type>::get(arguments[offset + Index])...);
  }(std::index_sequence_for<Type...>{});
}

} // namespace tl::detail

#endif
