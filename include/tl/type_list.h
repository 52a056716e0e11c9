// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lists of parameter types, and calls with arguments that are given by address.

#ifndef TL_TYPE_LIST_H
#define TL_TYPE_LIST_H

#include <tl/signature.h>

#include <array>
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

/// "arg7": what an unnamed parameter is called.
template <std::size_t I> constexpr auto make_position_name() {
  std::array<char, 8> text{'a', 'r', 'g'};
  std::size_t at = 3;
  if (I >= 100)
    text[at++] = static_cast<char>('0' + I / 100 % 10);
  if (I >= 10)
    text[at++] = static_cast<char>('0' + I / 10 % 10);
  text[at] = static_cast<char>('0' + I % 10);
  return text;
}
template <std::size_t I> inline constexpr auto position_text = make_position_name<I>();
template <std::size_t I> inline constexpr const char *position_name = position_text<I>.data();

} // namespace tl::detail

#endif
