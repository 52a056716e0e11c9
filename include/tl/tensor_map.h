// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Descriptions of tensor maps, without CUDA's headers: a source that also compiles for HIP may have
// them, and is infeasible there. <tl/tma.h> encodes them.

#ifndef TL_TENSOR_MAP_H
#define TL_TENSOR_MAP_H

#include <tl/language.h>

#include <cstdint>
#include <vector>

namespace tl {

/// Element type. `automatic` follows from the buffer's; 8-bit floating point counts as u8.
enum class tma_type : int {
  automatic = -1,
  u8 = 0,
  u16 = 1,
  u32 = 2,
  i32 = 3,
  u64 = 4,
  i64 = 5,
  f16 = 6,
  f32 = 7,
  f64 = 8,
  bf16 = 9,
  f32_ftz = 10,
  tf32 = 11,
  tf32_ftz = 12,
};

enum class tma_interleave : int {
  none = 0,
  b16 = 1,
  b32 = 2,
};

/// How the box lies in shared memory, so that its columns fall into different banks.
enum class tma_swizzle : int {
  none = 0,
  b32 = 1,
  b64 = 2,
  b128 = 3,
};

enum class tma_l2_promotion : int {
  none = 0,
  b64 = 1,
  b128 = 2,
  b256 = 3,
};

/// What elements outside the tensor read as.
enum class tma_fill : int {
  zero = 0,
  nan = 1,
};

/// A tensor that is read and written in boxes.
struct tma_tiled {
  tma_type type = tma_type::automatic;
  std::vector<std::uint64_t> dims{};            ///< [elements]; as many as the tensor has, 1 to 5
  std::vector<std::uint64_t> strides{};         ///< of all but the innermost [bytes]; empty: dense
  std::vector<std::uint32_t> box{};             ///< [elements]
  std::vector<std::uint32_t> element_strides{}; ///< every how manieth element; empty: each
  tma_interleave interleave = tma_interleave::none;
  tma_swizzle swizzle = tma_swizzle::none;
  tma_l2_promotion l2_promotion = tma_l2_promotion::none;
  tma_fill fill = tma_fill::zero;
};

/// A tensor (NWC, NHWC or NDHWC in memory) that is read as the columns of a convolution.
struct tma_im2col {
  tma_type type = tma_type::automatic;
  std::vector<std::uint64_t> dims{};    ///< C, W, [H, [D,]] N [elements]; 3 to 5
  std::vector<std::uint64_t> strides{}; ///< of all but C [bytes]; empty: dense
  std::vector<int> lower_corner{};      ///< of the box of pixels, per spatial dimension
  std::vector<int> upper_corner{};
  std::uint32_t channels_per_pixel = 0;
  std::uint32_t pixels_per_column = 0;
  std::vector<std::uint32_t> element_strides{}; ///< empty: each element
  tma_interleave interleave = tma_interleave::none;
  tma_swizzle swizzle = tma_swizzle::none;
  tma_l2_promotion l2_promotion = tma_l2_promotion::none;
  tma_fill fill = tma_fill::zero;
};

} // namespace tl

#endif
