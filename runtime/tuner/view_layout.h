// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the strides of a view say.

#ifndef TL_RUNTIME_TUNER_VIEW_LAYOUT_H
#define TL_RUNTIME_TUNER_VIEW_LAYOUT_H

#include <tl/abi.h>

#include <algorithm>
#include <cstdint>

namespace tl::rt {

inline std::uint32_t rank_of(const tl_view &view) {
  return std::min<std::uint32_t>(view.rank, TL_MAX_RANK);
}

/// The stride of a dimension, 0 where it is never taken: such ones tell nothing apart.
inline std::int64_t telling_stride(const tl_view &view, std::uint32_t dimension) {
  return view.shape[dimension] > 1 ? view.strides[dimension] : 0;
}

/// Whether the elements lie side by side, the last dimension contiguous. So does a view whose
/// traits leave its strides at 0.
inline bool is_dense(const tl_view &view) {
  bool told = false;
  for (std::uint32_t d = 0; d < rank_of(view); ++d)
    told = told || view.strides[d] != 0;
  std::uint64_t expected = 1;
  for (std::uint32_t d = rank_of(view); told && d-- > 0;) {
    if (view.shape[d] > 1 && static_cast<std::uint64_t>(view.strides[d]) != expected)
      return false;
    expected *= view.shape[d];
  }
  return true;
}

/// Whether element 0 is the one with the lowest address.
inline bool reaches_forward(const tl_view &view) {
  for (std::uint32_t d = 0; d < rank_of(view); ++d)
    if (telling_stride(view, d) < 0)
      return false;
  return true;
}

} // namespace tl::rt

#endif
