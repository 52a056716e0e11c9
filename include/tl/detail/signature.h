// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime has to know about each parameter of a factory, derived from its type.

#ifndef TL_DETAIL_SIGNATURE_H
#define TL_DETAIL_SIGNATURE_H

#include <tl/language.h>

#include <tl/abi.h>
#include <tl/views.h>

#include <cstdint>
#include <iterator>
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

/// The type of the two parts of a complex number, of any library: a class template over one
/// floating-point type that is two of these. Any other type stands for itself.
template <class Type> struct part_of {
  using type = Type;
};
template <template <class> class Complex, class Type>
  requires(std::is_floating_point_v<Type> &&
           requires(const Complex<Type> &number) {
             number.real();
             number.imag();
             requires sizeof(number) == 2 * sizeof(Type);
           })
struct part_of<Complex<Type>> {
  using type = Type;
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
template <class Type> constexpr std::uint32_t element_of() {
  using type = typename part_of<std::remove_cv_t<Type>>::type;
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

template <class Type>
inline constexpr bool is_stream_v =
    __is_same(Type, CUstream_st *) || __is_same(Type, ihipStream_t *);

/// A class with data() and size() over trivially copyable elements, such as std::vector and
/// std::array.
template <class Type>
concept contiguous = std::is_class_v<Type> && requires(Type &range) {
  requires std::is_pointer_v<decltype(std::data(range))>;
  requires std::is_trivially_copyable_v<std::remove_pointer_t<decltype(std::data(range))>>;
  { std::size(range) } -> std::convertible_to<std::size_t>;
};

/// How an object of type T (const-qualified when it cannot be written) describes a buffer.
template <class Type> struct view_of : view_traits<std::remove_cv_t<Type>> {};
template <class Type>
  requires(contiguous<Type> && !view_traits<std::remove_cv_t<Type>>::is_view)
struct view_of<Type>
    : contiguous_view<
          std::remove_pointer_t<decltype(std::data(std::declval<Type &>()))>,
          std::is_const_v<std::remove_pointer_t<decltype(std::data(std::declval<Type &>()))>>
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
  else // std::string_view and its like, but not std::array, which holds its elements
    return view_of<type>::is_view && std::is_trivially_copyable_v<type> &&
           !requires { std::tuple_size<std::remove_cv_t<type>>::value; };
}

/// Whether a view of this type may have gaps, so that its strides tell problems apart.
template <class Type>
inline constexpr bool is_strided_v = !requires { requires view_of<Type>::contiguous; };

/// A container by reference that is no view (a std::vector of strings): its size is all that we
/// know of it.
template <class Parameter>
inline constexpr bool has_count_v =
    std::is_lvalue_reference_v<Parameter> && !is_view_parameter<Parameter>() &&
    std::is_class_v<std::remove_reference_t<Parameter>> &&
    requires(std::remove_reference_t<Parameter> &it) {
      { std::size(it) } -> std::convertible_to<std::uint64_t>;
      std::begin(it);
    };

/// Whether an argument can be passed to several variants.
template <class Type>
inline constexpr bool is_copyable_argument = __is_constructible(Type, const Type &);
template <class Type> inline constexpr bool is_copyable_argument<Type &> = true;
template <class Type>
inline constexpr bool is_copyable_argument<Type &&> =
    __is_constructible(std::remove_cv_t<Type>, const Type &);

/// [bytes]; 0 where that is not known.
template <class Type> constexpr std::uint32_t size_of_pointee() {
  if constexpr (requires { sizeof(Type); } && !std::is_void_v<Type>)
    return sizeof(Type);
  else
    return 0;
}

/// Iterators of class types over contiguous memory.
template <class Type>
concept contiguous_iterator_class = std::is_class_v<Type> && std::contiguous_iterator<Type>;

/// Its address stands for the type.
template <class Type> inline constexpr char type_identity{};

/// The row of a parameter. Those of numbers and of pointers to them the plugin writes down itself.
template <class Parameter>
constexpr tl_parameter describe_parameter(const char *name, const tl_pointer *pointers = nullptr,
                                          unsigned pointer_count = 0) {
  using type = std::remove_reference_t<Parameter>;
  using bare = std::remove_cv_t<type>;
  tl_parameter result{};
  result.name = name;
  result.element = TL_ELEMENT_BYTES;
  result.type = &type_identity<bare>;
  result.pointers = pointers;
  result.pointer_count = pointer_count;
  // A function, an array of unknown bound and a class that is only declared have none. A reference
  // to one is handed on as it is.
  constexpr bool has_size = !std::is_function_v<type> && requires { sizeof(type); };
  if constexpr (has_size)
    result.size = sizeof(type);
  if constexpr (!has_size) {
    result.kind = TL_PARAMETER_OPAQUE;
  } else if constexpr (is_view_parameter<Parameter>()) {
    using traits = view_of<type>;
    result.kind = TL_PARAMETER_VIEW;
    result.element = element_of<typename traits::element>();
    result.stride = sizeof(typename traits::element);
    result.flags = is_strided_v<type> ? TL_PARAMETER_STRIDED : 0;
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
    result.stride = size_of_pointee<pointee>();
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
  if constexpr (has_size && has_count_v<Parameter>)
    result.count = [](const void *argument) -> std::uint64_t {
      return static_cast<std::uint64_t>(std::size(*static_cast<const bare *>(argument)));
    };
  if constexpr (requires { sizeof(bare); } && contiguous_iterator_class<bare>) {
    using reference = std::remove_reference_t<decltype(*std::declval<const bare &>())>;
    result.address = [](const void *argument) -> void * {
      return const_cast<void *>(static_cast<const volatile void *>(
          std::to_address(*static_cast<const bare *>(argument))));
    };
    result.stride = sizeof(reference);
    result.element = element_of<reference>();
    result.access = std::is_const_v<reference> ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN;
  }
  if constexpr (has_size && !std::is_array_v<bare>) {
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

/// Whether what a factory returns is an arithmetic value or an enum.
template <class Result>
inline constexpr bool is_comparable_result = std::is_arithmetic_v<Result> || std::is_enum_v<Result>;
template <> inline constexpr bool is_comparable_result<void> = false;

/// Whether a returned object is nothing but its bytes: they can be kept for it.
template <class Result> constexpr bool is_plain_result() {
  if constexpr (std::is_class_v<Result>)
    return std::is_trivially_copy_constructible_v<Result> &&
           std::is_trivially_destructible_v<Result>;
  else
    return is_comparable_result<Result>;
}

/// Whether two of a type can be compared by `==`, also where that would be found out only in its
/// body: the elements of containers and of pairs and tuples count.
template <class Type> constexpr bool has_equality();
template <class Tuple, std::size_t... Index>
constexpr bool have_equality(std::index_sequence<Index...>) {
  return (has_equality<std::remove_cv_t<std::tuple_element_t<Index, Tuple>>>() && ...);
}
template <class Type> constexpr bool has_equality() {
  if constexpr (!requires(const Type &one) {
                  { one == one } -> std::convertible_to<bool>;
                })
    return false;
  else if constexpr (requires { std::tuple_size<Type>::value; })
    return have_equality<Type>(std::make_index_sequence<std::tuple_size<Type>::value>{});
  else if constexpr (requires { typename Type::value_type; })
    return std::is_same_v<typename Type::value_type, Type> ||
           has_equality<std::remove_cv_t<typename Type::value_type>>();
  else
    return true;
}

/// Whether a returned object is kept as such: a container of elements, or something with `==`.
template <class Result> constexpr bool is_kept_result() {
  if constexpr (!std::is_class_v<Result> || is_plain_result<Result>())
    return false;
  else if constexpr (!std::is_move_constructible_v<Result> || !std::is_destructible_v<Result>)
    return false;
  else
    return contiguous<Result> || has_equality<Result>();
}

template <class Result>
constexpr tl_parameter describe_result(const tl_member *members = nullptr, unsigned count = 0) {
  tl_parameter result{};
  result.name = "result";
  result.kind = TL_PARAMETER_OPAQUE;
  if constexpr (is_plain_result<Result>()) {
    result.kind = TL_PARAMETER_VALUE;
    result.element = element_of<Result>();
    result.size = sizeof(Result);
    if constexpr (std::is_class_v<Result>)
      result.align = alignof(Result);
    result.members = members;
    result.member_count = count;
  } else if constexpr (is_kept_result<Result>()) {
    result.size = sizeof(Result);
    result.align = alignof(Result);
    result.destroy = [](void *object) { static_cast<Result *>(object)->~Result(); };
    if constexpr (contiguous<Result>) {
      using traits = view_of<Result>;
      result.kind = TL_PARAMETER_VIEW;
      result.element = element_of<typename traits::element>();
      result.stride = sizeof(typename traits::element);
      result.view = [](const void *object, tl_view *out) {
        *out = traits::view(*static_cast<Result *>(const_cast<void *>(object)));
      };
    } else {
      result.equal = [](const void *one, const void *other) {
        return bool(*static_cast<const Result *>(one) == *static_cast<const Result *>(other));
      };
    }
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
  /// Not by static_cast, which makes no function of an address.
  static passed get(void *address) { return *reinterpret_cast<pointer>(address); }
};
template <class Type> struct argument<Type &&> : argument<Type> {};

} // namespace tl::detail

#endif
