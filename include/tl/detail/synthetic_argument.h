// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launch arguments that hold no data, for tune().

#ifndef TL_DETAIL_SYNTHETIC_ARGUMENT_H
#define TL_DETAIL_SYNTHETIC_ARGUMENT_H

#include <tl/language.h>

#include <tl/detail/launch.h>
#include <tl/detail/signature.h>
#include <tl/exceptions.h>
#include <tl/inputs.h>
#include <tl/views.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tl {
namespace detail {

/// A launch argument that holds no data: a view of the described shape, a null pointer, a described
/// number.
template <class Parameter>
std::remove_cvref_t<Parameter> synthetic_argument(std::size_t index, const launch_config &config) {
  using bare = std::remove_cvref_t<Parameter>;
  const auto where = [&] {
    return "tune(): launch argument " + std::to_string(index) + " (counted from 0)";
  };
  if constexpr (is_buffer_parameter_v<Parameter>) {
    const extents_t *extents = config.extents.find(index);
    if constexpr (std::is_pointer_v<bare>) {
      return nullptr;
    } else if constexpr (view_of<bare>::rank == 1 &&
                         std::is_constructible_v<bare, typename view_of<bare>::element *,
                                                 std::size_t>) {
      return bare(static_cast<typename view_of<bare>::element *>(nullptr),
                  extents ? static_cast<std::size_t>(extents->count()) : 0);
    } else if constexpr (requires(bare view) { view.shape[0] = 1, view.strides[0] = 1; }) {
      bare view{};
      if (extents && extents->rank != view_of<bare>::rank)
        TL_THROW(std::invalid_argument(
            where() + " has rank " + std::to_string(view_of<bare>::rank) + ", and extent<" +
            std::to_string(index) + ">() gives " + std::to_string(extents->rank) + " extents"));
      std::uint64_t stride = 1;
      for (std::size_t nth = view_of<bare>::rank; extents && nth-- > 0;) {
        view.shape[nth] = static_cast<std::size_t>(extents->shape[nth]);
        view.strides[nth] = static_cast<std::ptrdiff_t>(stride);
        stride *= extents->shape[nth];
      }
      return view;
    } else {
      static_assert(std::is_default_constructible_v<bare>);
      return {};
    }
  } else if constexpr (std::is_arithmetic_v<bare> || std::is_enum_v<bare>) {
    if (const double *number = config.values.find(index))
      return static_cast<bare>(*number);
    if constexpr (std::is_floating_point_v<bare>)
      return bare(1);
    else
      TL_THROW(std::invalid_argument(where() + " has no value: say .value<" +
                                     std::to_string(index) + ">(...) in the factory"));
  } else {
    static_assert(std::is_default_constructible_v<bare>);
    return {};
  }
}

} // namespace detail
} // namespace tl

#endif
