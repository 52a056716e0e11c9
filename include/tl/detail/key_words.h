// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The problem key, and the words by which a dispatcher tells that a call is like the thread's last
// one: the same problem, and the same facts (addresses, and what floating-point numbers are). The
// runtime makes the same words from tl_parameter: see tl_rt_make_key and tl_rt_select. A dispatcher
// compares those of numbers and pointers itself; here is what it asks of other arguments, and of
// `key = fn`.

#ifndef TL_DETAIL_KEY_WORDS_H
#define TL_DETAIL_KEY_WORDS_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/detail/signature.h>
#include <tl/keywords.h>
#include <tl/options.h>
#include <tl/views.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

namespace tl {
namespace detail {

template <class Type> constexpr bool is_key_scalar() {
  if constexpr (std::is_integral_v<Type> || std::is_enum_v<Type>)
    return sizeof(Type) <= sizeof(std::uint64_t);
  return false;
}
template <class Type> inline constexpr bool is_key_scalar_v = is_key_scalar<Type>();

/// Tuples, pairs and arrays.
template <class Type>
concept tuple_like = requires { std::tuple_size<Type>::value; };

/// Whether a word holds a number that is printed with a sign.
template <class Type> constexpr bool is_signed_word() {
  if constexpr (std::is_enum_v<Type>)
    return std::is_signed_v<std::underlying_type_t<Type>>;
  else
    return std::is_signed_v<Type>;
}

template <class Type> [[gnu::always_inline]] constexpr std::uint64_t key_word(Type value) {
  if constexpr (is_signed_word<Type>())
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

/// Whether it counts by the function that it points to.
template <class Parameter>
inline constexpr bool is_code_pointer =
    std::is_pointer_v<Parameter> && std::is_function_v<std::remove_pointer_t<Parameter>>;

/// How a parameter of a class type takes part; the plugin knows the numbers. 0: by its members.
template <class Parameter> constexpr unsigned parameter_sort() {
  using type = std::remove_cvref_t<Parameter>;
  constexpr std::uint32_t element = element_of<type>();
  if constexpr (is_view_parameter<Parameter>())
    return 2;
  else if constexpr (contiguous_iterator_class<type>)
    return 4;
  else if constexpr (has_count_v<Parameter>)
    return 3;
  else
    return (element == TL_ELEMENT_F16 || element == TL_ELEMENT_BF16) && sizeof(type) == 2 ? 1 : 0;
}

/// Words that one parameter adds to the key.
template <class Parameter> constexpr std::size_t key_words_of() {
  using type = std::remove_reference_t<Parameter>;
  if constexpr (is_view_parameter<Parameter>())
    return view_of<type>::rank * (is_strided_v<type> ? 2 : 1);
  else
    return is_key_parameter<Parameter>() || has_count_v<Parameter> || is_code_pointer<Parameter>
               ? 1
               : 0;
}

template <class Type> constexpr std::size_t key_words_of_value() {
  if constexpr (tuple_like<Type>)
    return []<std::size_t... Index>(std::index_sequence<Index...>) {
      return (std::size_t(0) + ... +
              key_words_of_value<std::remove_cvref_t<std::tuple_element_t<Index, Type>>>());
    }(std::make_index_sequence<std::tuple_size<Type>::value>{});
  else {
    static_assert(
        is_key_scalar_v<Type>,
        "`key = fn` must return an integer, enum, bool, or an array, pair or tuple of them");
    return 1;
  }
}

/// Words of a key in a row.
template <std::size_t Count> struct key_part {
  std::uint64_t words[Count];
};
template <> struct key_part<0> {
  std::uint64_t *words = nullptr;
};

/// Words by which a view is told from the last call's: where, how large, and how it is laid out.
template <class View>
inline constexpr std::size_t view_words = 1 + view_of<View>::rank * (is_strided_v<View> ? 2 : 1);

/// Those words. The plugin takes their number from the type that this returns.
template <class View>
[[gnu::always_inline]] inline key_part<view_words<View>> view_part(View &argument) {
  constexpr std::size_t rank = view_of<View>::rank;
  key_part<view_words<View>> result;
  if constexpr (rank == 1 && !is_strided_v<View> &&
                requires { std::data(argument), std::size(argument); }) {
    result.words[0] = reinterpret_cast<std::uintptr_t>(std::data(argument));
    result.words[1] = std::size(argument);
  } else {
    const tl_view view = view_of<View>::view(argument);
    result.words[0] = reinterpret_cast<std::uintptr_t>(view.data);
    for (std::size_t at = 0; at < rank; ++at)
      result.words[1 + at] = view.shape[at];
    if constexpr (is_strided_v<View>)
      for (std::size_t at = 0; at < rank; ++at)
        result.words[1 + rank + at] = static_cast<std::uint64_t>(view.strides[at]);
  }
  return result;
}

/// How many elements a container holds that is no view.
template <class Container>
[[gnu::always_inline]] inline std::uint64_t count_word(Container &argument) {
  return static_cast<std::uint64_t>(std::size(argument));
}

/// Where an iterator points to.
template <class Iterator>
[[gnu::always_inline]] inline std::uint64_t iterator_word(const Iterator &at) {
  return reinterpret_cast<std::uintptr_t>(std::to_address(at));
}

/// TL_REAL_* of a number, from its bits: -ffast-math must not change it.
template <class Type> [[gnu::always_inline]] inline std::uint64_t real_word(const Type &number) {
  constexpr std::uint32_t element = element_of<Type>();
  static_assert(element == TL_ELEMENT_F16 || element == TL_ELEMENT_BF16 ||
                element == TL_ELEMENT_F32 || element == TL_ELEMENT_F64);
  constexpr int mantissa = element == TL_ELEMENT_F16    ? 10
                           : element == TL_ELEMENT_BF16 ? 7
                           : element == TL_ELEMENT_F32  ? 23
                                                        : 52;
  constexpr std::uint64_t one = element == TL_ELEMENT_F16   ? 0x3c00
                                : element == TL_ELEMENT_F64 ? 0x3ff0000000000000
                                                            : 127ull << mantissa;
  constexpr std::uint64_t magnitude = ~std::uint64_t{0} >> (65 - 8 * sizeof(Type));
  constexpr std::uint64_t exponent = magnitude >> mantissa << mantissa;
  std::uint64_t bits = 0;
  __builtin_memcpy(&bits, &number, sizeof number);
  const std::uint64_t size = bits & magnitude;
  return size == 0                       ? TL_REAL_ZERO
         : bits == one                   ? TL_REAL_ONE
         : (size & exponent) == exponent ? TL_REAL_NOT_FINITE
                                         : TL_REAL_OTHER;
}

/// Its bits: `eligible` may look at the number itself.
template <class Type> [[gnu::always_inline]] inline std::uint64_t real_bits(const Type &number) {
  std::uint64_t bits = 0;
  __builtin_memcpy(&bits, &number, sizeof number);
  return bits;
}

/// The words of what `key = fn` returned.
template <class Value>
[[gnu::always_inline]] inline void append_key_value(std::uint64_t *&at, const Value &value) {
  if constexpr (tuple_like<Value>) {
    using std::get;
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (append_key_value(at, get<Index>(value)), ...);
    }(std::make_index_sequence<std::tuple_size<Value>::value>{});
  } else {
    *at++ = key_word(value);
  }
}

/// Which of those words are signed.
template <class Value> constexpr void append_signs(std::uint8_t *&at) {
  if constexpr (tuple_like<Value>)
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (append_signs<std::remove_cvref_t<std::tuple_element_t<Index, Value>>>(at), ...);
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
