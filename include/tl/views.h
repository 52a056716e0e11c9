// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments that say how much memory they mean and what is done with it. A raw pointer works too; a
// view lets a tuner poison outputs, compare exactly the right elements and put guard zones around
// them.

#ifndef TL_VIEWS_H
#define TL_VIEWS_H

#include <tl/abi.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace tl {
namespace detail {

/// `count` contiguous elements; count 0 with a non-null pointer means "not known".
template <class T> struct buffer {
  T *pointer = nullptr;
  std::size_t count = 0; ///< [elements]

  constexpr buffer() = default;
  constexpr buffer(T *data, std::size_t size = 0) : pointer(data), count(size) {}
  template <class Range>
    requires(!std::is_base_of_v<buffer, std::remove_cvref_t<Range>> &&
             requires(Range &range) {
               { std::data(range) } -> std::convertible_to<T *>;
               { std::size(range) } -> std::convertible_to<std::size_t>;
             })
  constexpr buffer(Range &&range) : pointer(std::data(range)), count(std::size(range)) {}

  constexpr operator T *() const { return pointer; }
  constexpr T *data() const { return pointer; }
  constexpr std::size_t size() const { return count; }
};

} // namespace detail

/// A buffer that the factory only reads.
template <class T> struct in : detail::buffer<const T> {
  using detail::buffer<const T>::buffer;
};

/// A buffer that the factory writes, every element, without reading it first.
template <class T> struct out : detail::buffer<T> {
  using detail::buffer<T>::buffer;
};

/// A buffer that the factory reads and writes.
template <class T> struct inout : detail::buffer<T> {
  using detail::buffer<T>::buffer;
};

/// A work space: what it holds after a call means nothing and is never compared.
template <class T> struct scratch : detail::buffer<T> {
  using detail::buffer<T>::buffer;
};

/// A strided view of `Rank` dimensions. `const T` says that it is only read.
template <class T, std::size_t Rank> struct tensor {
  static_assert(Rank >= 1 && Rank <= TL_MAX_RANK);
  T *pointer = nullptr;
  std::size_t shape[Rank]{};      ///< [elements]
  std::ptrdiff_t strides[Rank]{}; ///< [elements]

  constexpr tensor() = default;
  /// Dense, the last dimension contiguous.
  template <class... Extent>
    requires(sizeof...(Extent) == Rank && (std::is_convertible_v<Extent, std::size_t> && ...))
  constexpr tensor(T *data, Extent... extents)
      : pointer(data), shape{static_cast<std::size_t>(extents)...} {
    std::ptrdiff_t stride = 1;
    for (std::size_t i = Rank; i-- > 0;) {
      strides[i] = stride;
      stride *= static_cast<std::ptrdiff_t>(shape[i]);
    }
  }
  constexpr tensor(T *data, const std::size_t (&extents)[Rank], const std::ptrdiff_t (&steps)[Rank])
      : pointer(data) {
    for (std::size_t i = 0; i < Rank; ++i) {
      shape[i] = extents[i];
      strides[i] = steps[i];
    }
  }

  constexpr T *data() const { return pointer; }
  template <class... Index>
    requires(sizeof...(Index) == Rank)
  constexpr T &operator()(Index... index) const {
    const std::ptrdiff_t at[] = {static_cast<std::ptrdiff_t>(index)...};
    std::ptrdiff_t offset = 0;
    for (std::size_t i = 0; i < Rank; ++i)
      offset += at[i] * strides[i];
    return pointer[offset];
  }
};

/// How a type describes a buffer. Specialise it for your own view types; the members are those
/// below. `rebase` may be missing: then the argument works on the CPU only, in a forked child.
template <class T> struct view_traits {
  static constexpr bool is_view = false;
};

namespace detail {

template <class Element, std::uint32_t Access> struct contiguous_view {
  static constexpr bool is_view = true;
  using element = Element;
  static constexpr std::uint32_t access = Access;
  static constexpr std::size_t rank = 1;
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

template <class T> struct view_traits<in<T>> : detail::contiguous_view<const T, TL_ACCESS_IN> {
  static void rebase(in<T> &view, void *data) { view.pointer = static_cast<const T *>(data); }
};
template <class T> struct view_traits<out<T>> : detail::contiguous_view<T, TL_ACCESS_OUT> {
  static void rebase(out<T> &view, void *data) { view.pointer = static_cast<T *>(data); }
};
template <class T> struct view_traits<inout<T>> : detail::contiguous_view<T, TL_ACCESS_INOUT> {
  static void rebase(inout<T> &view, void *data) { view.pointer = static_cast<T *>(data); }
};
template <class T> struct view_traits<scratch<T>> : detail::contiguous_view<T, TL_ACCESS_SCRATCH> {
  static void rebase(scratch<T> &view, void *data) { view.pointer = static_cast<T *>(data); }
};
template <class T, std::size_t Extent>
struct view_traits<std::span<T, Extent>>
    : detail::contiguous_view<T, std::is_const_v<T> ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN> {
  static void rebase(std::span<T, Extent> &view, void *data) {
    view = std::span<T, Extent>(static_cast<T *>(data), view.size());
  }
};

template <class T, std::size_t Rank> struct view_traits<tensor<T, Rank>> {
  static constexpr bool is_view = true;
  using element = T;
  static constexpr std::uint32_t access = std::is_const_v<T> ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN;
  static constexpr std::size_t rank = Rank;
  static tl_view view(const tensor<T, Rank> &t) {
    tl_view result{};
    result.data = const_cast<std::remove_cv_t<T> *>(t.pointer);
    result.rank = Rank;
    std::uint64_t last = 0;
    bool empty = false;
    for (std::size_t i = 0; i < Rank; ++i) {
      result.shape[i] = t.shape[i];
      result.strides[i] = t.strides[i];
      empty = empty || t.shape[i] == 0;
      if (t.shape[i] > 0)
        last += (t.shape[i] - 1) * static_cast<std::uint64_t>(t.strides[i]);
    }
    result.bytes = empty ? 0 : (last + 1) * sizeof(T);
    return result;
  }
  static void rebase(tensor<T, Rank> &t, void *data) { t.pointer = static_cast<T *>(data); }
};

} // namespace tl

#endif
