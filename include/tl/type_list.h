// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists of parameter types, and calls with arguments that are given by address.

#ifndef TL_TYPE_LIST_H
#define TL_TYPE_LIST_H

#include <tl/signature.h>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace tl::detail {

template <class... T> struct type_list {};

template <class List> inline constexpr std::size_t list_size_v = 0;
template <class... T> inline constexpr std::size_t list_size_v<type_list<T...>> = sizeof...(T);

template <class A, class B> struct concatenated;
template <class... A, class... B> struct concatenated<type_list<A...>, type_list<B...>> {
  using type = type_list<A..., B...>;
};
template <class A, class B> using concatenated_t = typename concatenated<A, B>::type;
template <class T, class List> using prepend_t = concatenated_t<type_list<T>, List>;

template <class List> struct first_of;
template <class T, class... Rest> struct first_of<type_list<T, Rest...>> {
  using type = T;
};

template <class Callable, class List> inline constexpr bool callable_with = false;
template <class Callable, class... T>
inline constexpr bool callable_with<Callable, type_list<T...>> =
    std::is_invocable_v<Callable &, T...>;

/// Calls `callable` with arguments[offset], arguments[offset + 1], ... as parameters of those
/// types.
template <class Callable, class... T>
decltype(auto) apply_arguments(Callable &&callable, void *const *arguments, type_list<T...>,
                               std::size_t offset = 0) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
    return callable(argument<T>::get(arguments[offset + I])...);
  }(std::index_sequence_for<T...>{});
}

} // namespace tl::detail

#endif
