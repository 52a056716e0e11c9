// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime has to know about each parameter of a factory, derived from its type.

#ifndef TL_SIGNATURE_H
#define TL_SIGNATURE_H

#include <tl/abi.h>
#include <tl/views.h>

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

// Types of toolkits that a factory's signature may name; declared, never defined here.
struct CUstream_st;
struct ihipStream_t;
struct __half;
struct __nv_bfloat16;
struct __nv_fp8_e4m3;
struct __nv_fp8_e5m2;
struct __hip_bfloat16;

namespace tl::detail {

/// The type of the two parts of a complex number, whoever's: a class template over one
/// floating-point type that is two of these. Any other type stands for itself.
template <class T> struct part_of {
  using type = T;
};
template <template <class> class Complex, class T>
  requires(std::is_floating_point_v<T> &&
           requires(const Complex<T> &z) {
             z.real();
             z.imag();
             requires sizeof(z) == 2 * sizeof(T);
           })
struct part_of<Complex<T>> {
  using type = T;
};

constexpr std::uint32_t integer_element(std::size_t size, bool is_signed) {
  switch (size) {
  case 1:
    return is_signed ? TL_ELEMENT_I8 : TL_ELEMENT_U8;
  case 2:
    return is_signed ? TL_ELEMENT_I16 : TL_ELEMENT_U16;
  case 4:
    return is_signed ? TL_ELEMENT_I32 : TL_ELEMENT_U32;
  case 8:
    return is_signed ? TL_ELEMENT_I64 : TL_ELEMENT_U64;
  default:
    return TL_ELEMENT_BYTES;
  }
}

/// TL_ELEMENT_* of a type.
template <class T> constexpr std::uint32_t element_of() {
  using type = typename part_of<std::remove_cv_t<T>>::type;
  if constexpr (__is_same(type, bool))
    return TL_ELEMENT_BOOL;
  else if constexpr (std::is_enum_v<type>)
    return element_of<std::underlying_type_t<type>>();
  else if constexpr (std::is_integral_v<type>)
    return integer_element(sizeof(type), std::is_signed_v<type>);
  else if constexpr (__is_same(type, float))
    return TL_ELEMENT_F32;
  else if constexpr (__is_same(type, double))
    return TL_ELEMENT_F64;
  else if constexpr (__is_same(type, __half))
    return TL_ELEMENT_F16;
  else if constexpr (__is_same(type, __nv_bfloat16) || __is_same(type, __hip_bfloat16))
    return TL_ELEMENT_BF16;
  else if constexpr (__is_same(type, __nv_fp8_e4m3))
    return TL_ELEMENT_E4M3;
  else if constexpr (__is_same(type, __nv_fp8_e5m2))
    return TL_ELEMENT_E5M2;
#ifdef __FLT16_MAX__
  else if constexpr (__is_same(type, _Float16))
    return TL_ELEMENT_F16;
#endif
// GCC says whether it has the type; Clang, which has it on these targets, does not.
#if defined(__BFLT16_DIG__) ||                                                                     \
    (defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__) || defined(__riscv)))
  else if constexpr (__is_same(type, __bf16))
    return TL_ELEMENT_BF16;
#endif
  else if constexpr (std::is_pointer_v<type>)
    return TL_ELEMENT_POINTER;
  else
    return TL_ELEMENT_BYTES;
}

template <class T>
inline constexpr bool is_stream_v = __is_same(T, CUstream_st *) || __is_same(T, ihipStream_t *);

/// A class with data() and size() over trivially copyable elements, such as std::vector and
/// std::array.
template <class T>
concept contiguous = std::is_class_v<T> && requires(T &range) {
  requires std::is_pointer_v<decltype(std::data(range))>;
  requires std::is_trivially_copyable_v<std::remove_pointer_t<decltype(std::data(range))>>;
  { std::size(range) } -> std::convertible_to<std::size_t>;
};

/// How an object of type T (const-qualified when it cannot be written) describes a buffer.
template <class T> struct view_of : view_traits<std::remove_cv_t<T>> {};
template <class T>
  requires(contiguous<T> && !view_traits<std::remove_cv_t<T>>::is_view)
struct view_of<T>
    : contiguous_view<
          std::remove_pointer_t<decltype(std::data(std::declval<T &>()))>,
          std::is_const_v<std::remove_pointer_t<decltype(std::data(std::declval<T &>()))>>
              ? TL_ACCESS_IN
              : TL_ACCESS_UNKNOWN> {};

/// Whether a parameter is a view: one by value, or a container by reference (a container by value
/// is the callee's own copy, of no interest to anybody else).
template <class Parameter> constexpr bool is_view_parameter() {
  using type = std::remove_reference_t<Parameter>;
  if constexpr (view_traits<std::remove_cv_t<type>>::is_view)
    return true;
  else if constexpr (std::is_lvalue_reference_v<Parameter>)
    return view_of<type>::is_view;
  else
    return false;
}

/// Whether an argument can be passed to several variants.
template <class Type>
inline constexpr bool is_copyable_argument = __is_constructible(Type, const Type &);
template <class Type> inline constexpr bool is_copyable_argument<Type &> = true;
template <class Type>
inline constexpr bool is_copyable_argument<Type &&> =
    __is_constructible(std::remove_cv_t<Type>, const Type &);

/// Its address stands for the type.
template <class T> inline constexpr char type_identity{};

/// The row of a parameter. Those of numbers and of pointers to them the plugin writes down itself.
template <class Parameter> constexpr tl_parameter describe_parameter(const char *name) {
  using type = std::remove_reference_t<Parameter>;
  using bare = std::remove_cv_t<type>;
  tl_parameter result{};
  result.name = name;
  result.size = sizeof(type);
  result.element = TL_ELEMENT_BYTES;
  result.type = &type_identity<bare>;
  if constexpr (is_view_parameter<Parameter>()) {
    using traits = view_of<type>;
    result.kind = TL_PARAMETER_VIEW;
    result.element = element_of<typename traits::element>();
    result.access = traits::access;
    result.view = [](const void *argument, tl_view *out) {
      *out = traits::view(*static_cast<type *>(const_cast<void *>(argument)));
    };
    if constexpr (!std::is_lvalue_reference_v<Parameter>) {
      using element = typename traits::element;
      if constexpr (requires(bare &view, void *data) { traits::rebase(view, data); })
        result.rebase = [](void *argument, void *data) {
          traits::rebase(*static_cast<bare *>(argument), data);
        };
      if constexpr (traits::rank == 1 && std::is_constructible_v<bare, element *, std::size_t> &&
                    std::is_move_assignable_v<bare>)
        result.resize = [](void *argument, void *data, std::uint64_t bytes) {
          *static_cast<bare *>(argument) =
              bare(static_cast<element *>(data), static_cast<std::size_t>(bytes / sizeof(element)));
        };
    }
  } else if constexpr (is_stream_v<bare>) {
    result.kind = TL_PARAMETER_STREAM;
  } else if constexpr (std::is_pointer_v<bare> &&
                       !std::is_function_v<std::remove_pointer_t<bare>> &&
                       !std::is_lvalue_reference_v<Parameter>) {
    using pointee = std::remove_pointer_t<bare>;
    result.kind = TL_PARAMETER_POINTER;
    result.element = element_of<pointee>();
    result.access = std::is_const_v<pointee> ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN;
    result.rebase = tl_rt_rebase_pointer;
  } else if constexpr (std::is_lvalue_reference_v<Parameter>) {
    constexpr bool known = std::is_trivially_copyable_v<bare> && !std::is_pointer_v<bare>;
    result.kind = known ? TL_PARAMETER_REFERENCE : TL_PARAMETER_OPAQUE;
    result.element = element_of<std::remove_all_extents_t<bare>>();
    result.access = std::is_const_v<type> ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN;
  } else if constexpr (!is_copyable_argument<Parameter>) {
    result.kind = TL_PARAMETER_UNCOPYABLE;
  } else {
    result.kind = __is_trivially_copyable(bare) ? TL_PARAMETER_VALUE : TL_PARAMETER_OPAQUE;
    result.element = element_of<bare>();
  }
  if constexpr (!std::is_array_v<bare>) {
    result.align = alignof(bare);
    if constexpr (!__is_trivially_copyable(bare) && __is_constructible(bare, const bare &)) {
      result.copy = [](void *to, const void *from) {
        ::new (to) bare(*static_cast<const bare *>(from));
      };
      result.destroy = [](void *object) { static_cast<bare *>(object)->~bare(); };
    }
  }
  return result;
}

/// Whether what a factory returns can be compared: an arithmetic value or an enum.
template <class R>
inline constexpr bool is_comparable_result = std::is_arithmetic_v<R> || std::is_enum_v<R>;
template <> inline constexpr bool is_comparable_result<void> = false;

template <class R> constexpr tl_parameter describe_result() {
  tl_parameter result{};
  result.name = "result";
  if constexpr (is_comparable_result<R>) {
    result.kind = TL_PARAMETER_VALUE;
    result.element = element_of<R>();
    result.size = sizeof(R);
  } else {
    result.kind = TL_PARAMETER_OPAQUE;
  }
  return result;
}

/// An argument given by address, as the parameter takes it: the object itself for a reference, a
/// fresh copy for everything taken by value.
template <class Parameter> struct argument {
  using pointer = const Parameter *; ///< of the address
  using passed = Parameter;          ///< what is made of the object there
  static passed get(void *address) { return *static_cast<pointer>(address); }
};
template <class Type> struct argument<const Type> : argument<Type> {};
template <class Type> struct argument<Type &> {
  using pointer = Type *;
  using passed = Type &;
  static passed get(void *address) { return *static_cast<pointer>(address); }
};
template <class Type> struct argument<Type &&> : argument<Type> {};

} // namespace tl::detail

#endif
