// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The problem key: the exact words that a dispatcher compares. By default each integral, enum and
// bool argument is one word and each dimension of a view is one. The runtime makes the same words
// from tl_parameter: see tl_rt_make_key. A dispatcher compares those of numbers itself; here is
// what it asks of other arguments, and of `key = fn`.

#ifndef TL_KEY_H
#define TL_KEY_H

#include <tl/keywords.h>
#include <tl/signature.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace tl {

/// The smallest power of two that is not less than `value`; 0 for 0. For `key = fn`, so that near
/// sizes share one winner.
template <class Integer> constexpr Integer bucket_pow2(Integer value) {
  static_assert(std::is_integral_v<Integer>);
  if (value <= 1)
    return value;
  Integer power = 1;
  while (power < value)
    power = static_cast<Integer>(power << 1);
  return power;
}

namespace detail {

template <class T>
inline constexpr bool is_key_scalar_v =
    (std::is_integral_v<T> || std::is_enum_v<T>) && sizeof(T) <= sizeof(std::uint64_t);

/// Tuples, pairs and arrays.
template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };

/// Whether a word holds a number that is printed with a sign.
template <class T> constexpr bool is_signed_word() {
  if constexpr (std::is_enum_v<T>)
    return std::is_signed_v<std::underlying_type_t<T>>;
  else
    return std::is_signed_v<T>;
}

template <class T> [[gnu::always_inline]] constexpr std::uint64_t key_word(T value) {
  if constexpr (is_signed_word<T>())
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  else
    return static_cast<std::uint64_t>(value);
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
  if constexpr (tuple_like<T>)
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (std::size_t(0) + ... +
              key_words_of_value<std::remove_cvref_t<std::tuple_element_t<I, T>>>());
    }(std::make_index_sequence<std::tuple_size<T>::value>{});
  else {
    static_assert(
        is_key_scalar_v<T>,
        "`key = fn` must return an integer, enum, bool, or an array, pair or tuple of them");
    return 1;
  }
}

/// Words of a key in a row.
template <std::size_t N> struct key_part {
  std::uint64_t words[N];
};

/// The dimensions of a view. The plugin takes their number from the type that this returns.
template <class View>
[[gnu::always_inline]] inline key_part<view_of<View>::rank> extents_of(View &argument) {
  key_part<view_of<View>::rank> result;
  if constexpr (view_of<View>::rank == 1 && requires { std::size(argument); }) {
    result.words[0] = std::size(argument);
  } else {
    const tl_view view = view_of<View>::view(argument);
    for (std::size_t i = 0; i < view_of<View>::rank; ++i)
      result.words[i] = view.shape[i];
  }
  return result;
}

/// The words of what `key = fn` returned.
template <class Value>
[[gnu::always_inline]] inline void append_key_value(std::uint64_t *&at, const Value &value) {
  if constexpr (tuple_like<Value>) {
    using std::get;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (append_key_value(at, get<I>(value)), ...);
    }(std::make_index_sequence<std::tuple_size<Value>::value>{});
  } else {
    *at++ = key_word(value);
  }
}

/// Which of those words are signed.
template <class Value> constexpr void append_signs(std::uint8_t *&at) {
  if constexpr (tuple_like<Value>)
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (append_signs<std::remove_cvref_t<std::tuple_element_t<I, Value>>>(at), ...);
    }(std::make_index_sequence<std::tuple_size<Value>::value>{});
  else
    *at++ = is_signed_word<Value>();
}

/// The words that `key = fn` makes of the arguments. The plugin takes their number from the type
/// that this returns.
template <class Function, class... Args>
[[gnu::always_inline]] inline auto own_key_of(const option<keyword::key, Function> &key,
                                              Args &...args) {
  const auto value = key.value(args...);
  using type = std::remove_cv_t<decltype(value)>;
  key_part<key_words_of_value<type>()> result;
  std::uint64_t *at = result.words;
  append_key_value(at, value);
  return result;
}

} // namespace detail
} // namespace tl

#endif
