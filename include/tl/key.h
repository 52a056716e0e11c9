// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The problem key: the exact words that a dispatcher compares, and their printed form. By default
// each integral, enum and bool argument is one word and each dimension of a view is one.

#ifndef TL_KEY_H
#define TL_KEY_H

#include <tl/signature.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tl {

/// The smallest power of two that is not less than `value`; 0 for 0. For `key = fn`, so that near
/// sizes share one winner.
template <class Integer> constexpr Integer bucket_pow2(Integer value) {
  static_assert(std::is_integral_v<Integer>);
  if (value <= 1)
    return value;
  return static_cast<Integer>(std::bit_ceil(static_cast<std::make_unsigned_t<Integer>>(value)));
}

namespace detail {

template <class T>
inline constexpr bool is_key_scalar_v = std::is_integral_v<T> || std::is_enum_v<T>;

template <class T> struct is_tuple : std::false_type {};
template <class... T> struct is_tuple<std::tuple<T...>> : std::true_type {};
template <class A, class B> struct is_tuple<std::pair<A, B>> : std::true_type {};
template <class T, std::size_t N> struct is_tuple<std::array<T, N>> : std::true_type {};

template <class T> constexpr std::uint64_t key_word(T value) {
  if constexpr (std::is_enum_v<T>)
    return key_word(static_cast<std::underlying_type_t<T>>(value));
  else if constexpr (std::is_signed_v<T>)
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  else
    return static_cast<std::uint64_t>(value);
}

template <class T> std::string key_text(T value) {
  if constexpr (std::is_enum_v<T>)
    return key_text(static_cast<std::underlying_type_t<T>>(value));
  else if constexpr (std::is_signed_v<T>)
    return std::to_string(static_cast<long long>(value));
  else
    return std::to_string(static_cast<unsigned long long>(value));
}

/// Whether a parameter counts by its value: an integer, enum or bool that the factory cannot write.
template <class Parameter> constexpr bool is_key_parameter() {
  using type = std::remove_reference_t<Parameter>;
  return is_key_scalar_v<std::remove_cv_t<type>> &&
         (!std::is_lvalue_reference_v<Parameter> || std::is_const_v<type>);
}

/// Words that one parameter adds to the key.
template <class Parameter> constexpr std::size_t key_words_of() {
  using type = std::remove_reference_t<Parameter>;
  if constexpr (is_view_parameter<Parameter>())
    return view_of<type>::rank;
  else
    return is_key_parameter<Parameter>() ? 1 : 0;
}

template <class T> constexpr std::size_t key_words_of_value() {
  if constexpr (is_tuple<T>::value)
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (std::size_t(0) + ... +
              key_words_of_value<std::remove_cvref_t<std::tuple_element_t<I, T>>>());
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
  else {
    static_assert(
        is_key_scalar_v<T>,
        "`key = fn` must return an integer, enum, bool, or an array, pair or tuple of them");
    return 1;
  }
}

template <class Parameter>
[[gnu::always_inline]] inline void append_key(std::uint64_t *&at,
                                              const std::remove_reference_t<Parameter> &argument) {
  using type = std::remove_reference_t<Parameter>;
  if constexpr (is_view_parameter<Parameter>()) {
    if constexpr (view_of<type>::rank == 1 && requires { std::size(argument); }) {
      *at++ = std::size(argument);
    } else {
      const tl_view view = view_of<type>::view(argument);
      for (std::size_t i = 0; i < view_of<type>::rank; ++i)
        *at++ = view.shape[i];
    }
  } else if constexpr (is_key_parameter<Parameter>()) {
    *at++ = key_word(argument);
  }
}

template <class Value>
[[gnu::always_inline]] inline void append_key_value(std::uint64_t *&at, const Value &value) {
  if constexpr (is_tuple<Value>::value)
    std::apply([&](const auto &...part) { (append_key_value(at, part), ...); }, value);
  else
    *at++ = key_word(value);
}

template <class Value> void append_text_value(std::string &text, const Value &value) {
  if constexpr (is_tuple<Value>::value) {
    std::apply([&](const auto &...part) { (append_text_value(text, part), ...); }, value);
  } else {
    if (!text.empty() && text.back() != '=')
      text += 'x';
    text += key_text(value);
  }
}

template <class Parameter>
void append_text(std::string &text, const tl_parameter &parameter, std::size_t index,
                 const std::remove_reference_t<Parameter> &argument) {
  if constexpr (key_words_of<Parameter>() != 0) {
    if (!text.empty())
      text += ',';
    text += *parameter.name ? std::string(parameter.name) : "arg" + std::to_string(index);
    text += '=';
    if constexpr (is_view_parameter<Parameter>()) {
      const tl_view view = view_of<std::remove_reference_t<Parameter>>::view(argument);
      for (std::uint32_t i = 0; i < view.rank; ++i)
        text += (i ? "x" : "") + std::to_string(view.shape[i]);
    } else {
      text += key_text(argument);
    }
  }
}

} // namespace detail
} // namespace tl

#endif
