// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments that say how much memory they mean and what is done with it. A raw pointer works too; a
// view lets a tuner poison outputs, compare exactly the right elements and put guard zones around
// them.

#ifndef TL_VIEWS_H
#define TL_VIEWS_H

#include <tl/language.h>

#include <tl/abi.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace tl {
namespace detail {

/// `count` contiguous elements; count 0 with a non-null pointer means "not known".
template <class Type> struct buffer {
  Type *pointer = nullptr;
  std::size_t count = 0; ///< [elements]

  constexpr buffer() = default;
  constexpr buffer(Type *data, std::size_t size = 0) : pointer(data), count(size) {}
  template <class Range>
    requires(!std::is_base_of_v<buffer, std::remove_cvref_t<Range>> &&
             requires(Range &range) {
               { std::data(range) } -> std::convertible_to<Type *>;
               { std::size(range) } -> std::convertible_to<std::size_t>;
             })
  constexpr buffer(Range &&range) : pointer(std::data(range)), count(std::size(range)) {}

  constexpr operator Type *() const { return pointer; }
  constexpr Type *data() const { return pointer; }
  constexpr std::size_t size() const { return count; }
};

} // namespace detail

/// A buffer that the factory only reads.
template <class Type> struct in : detail::buffer<const Type> {
  using detail::buffer<const Type>::buffer;
};

/// A buffer that the factory writes, every element, without reading it first.
template <class Type> struct out : detail::buffer<Type> {
  using detail::buffer<Type>::buffer;
};

/// A buffer that the factory reads and writes.
template <class Type> struct inout : detail::buffer<Type> {
  using detail::buffer<Type>::buffer;
};

/// A work space: what it holds after a call means nothing and is never compared.
template <class Type> struct scratch : detail::buffer<Type> {
  using detail::buffer<Type>::buffer;
};

/// A strided view of `Rank` dimensions. `const T` says that it is only read.
template <class Type, std::size_t Rank> struct tensor {
  static_assert(Rank >= 1 && Rank <= TL_MAX_RANK);
  Type *pointer = nullptr;
  std::size_t shape[Rank]{};      ///< [elements]
  std::ptrdiff_t strides[Rank]{}; ///< [elements]

  constexpr tensor() = default;
  /// Dense, the last dimension contiguous.
  template <class... Extent>
    requires(sizeof...(Extent) == Rank && (std::is_convertible_v<Extent, std::size_t> && ...))
  constexpr tensor(Type *data, Extent... extents)
      : pointer(data), shape{static_cast<std::size_t>(extents)...} {
    std::ptrdiff_t stride = 1;
    for (std::size_t dim = Rank; dim-- > 0;) {
      strides[dim] = stride;
      stride *= static_cast<std::ptrdiff_t>(shape[dim]);
    }
  }
  constexpr tensor(Type *data, const std::size_t (&extents)[Rank],
                   const std::ptrdiff_t (&steps)[Rank])
      : pointer(data) {
    for (std::size_t dim = 0; dim < Rank; ++dim) {
      shape[dim] = extents[dim];
      strides[dim] = steps[dim];
    }
  }

  constexpr Type *data() const { return pointer; }
  template <class... Index>
    requires(sizeof...(Index) == Rank)
  constexpr Type &operator()(Index... index) const {
    const std::ptrdiff_t at[] = {static_cast<std::ptrdiff_t>(index)...};
    std::ptrdiff_t offset = 0;
    for (std::size_t dim = 0; dim < Rank; ++dim)
      offset += at[dim] * strides[dim];
    return pointer[offset];
  }
};

/// How a type describes a buffer. Specialise it for your own view types; the members are those
/// below. `rebase` may be missing: then the argument works on the CPU only, in a forked child. So
/// may `contiguous`: with it, no view of the type has gaps or an order of its own, and its strides
/// are not asked for.
template <class Type> struct view_traits {
  static constexpr bool is_view = false;
};

namespace detail {

template <class Element, std::uint32_t Access> struct contiguous_view {
  static constexpr bool is_view = true;
  using element = Element;
  static constexpr std::uint32_t access = Access;
  static constexpr std::size_t rank = 1;
  static constexpr bool contiguous = true;
  template <class View> static tl_view view(const View &view) {
    tl_view result{};
    result.data = const_cast<std::remove_cv_t<Element> *>(std::data(view));
    result.bytes = std::size(view) * sizeof(Element);
    result.rank = 1;
    result.shape[0] = std::size(view);
    result.strides[0] = 1;
    return result;
  }
};

} // namespace detail

template <class Type>
struct view_traits<in<Type>> : detail::contiguous_view<const Type, TL_ACCESS_IN> {
  static void rebase(in<Type> &view, void *data) { view.pointer = static_cast<const Type *>(data); }
};
template <class Type> struct view_traits<out<Type>> : detail::contiguous_view<Type, TL_ACCESS_OUT> {
  static void rebase(out<Type> &view, void *data) { view.pointer = static_cast<Type *>(data); }
};
template <class Type>
struct view_traits<inout<Type>> : detail::contiguous_view<Type, TL_ACCESS_INOUT> {
  static void rebase(inout<Type> &view, void *data) { view.pointer = static_cast<Type *>(data); }
};
template <class Type>
struct view_traits<scratch<Type>> : detail::contiguous_view<Type, TL_ACCESS_SCRATCH> {
  static void rebase(scratch<Type> &view, void *data) { view.pointer = static_cast<Type *>(data); }
};
template <class Type, std::size_t Extent>
struct view_traits<std::span<Type, Extent>>
    : detail::contiguous_view<Type, std::is_const_v<Type> ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN> {
  static void rebase(std::span<Type, Extent> &view, void *data) {
    view = std::span<Type, Extent>(static_cast<Type *>(data), view.size());
  }
};

template <class Type, std::size_t Rank> struct view_traits<tensor<Type, Rank>> {
  static constexpr bool is_view = true;
  using element = Type;
  static constexpr std::uint32_t access = std::is_const_v<Type> ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN;
  static constexpr std::size_t rank = Rank;
  static tl_view view(const tensor<Type, Rank> &from) {
    tl_view result{};
    result.data = const_cast<std::remove_cv_t<Type> *>(from.pointer);
    result.rank = Rank;
    std::uint64_t last = 0;
    bool empty = false;
    for (std::size_t dim = 0; dim < Rank; ++dim) {
      result.shape[dim] = from.shape[dim];
      result.strides[dim] = from.strides[dim];
      empty = empty || from.shape[dim] == 0;
      if (from.shape[dim] > 0)
        last += (from.shape[dim] - 1) * static_cast<std::uint64_t>(from.strides[dim]);
    }
    result.bytes = empty ? 0 : (last + 1) * sizeof(Type);
    return result;
  }
  static void rebase(tensor<Type, Rank> &from, void *data) {
    from.pointer = static_cast<Type *>(data);
  }
};

} // namespace tl

#endif
