// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel arguments for the Tensor Memory Accelerator. A launch argument that is a buffer reaches
// the kernel as a tensor map (`const __grid_constant__ CUtensorMap`), whose box may come from the
// config:
//
//   return gemm_launch(gemm_kernel<C>, m, n, k)
//       .grid(...).block(...)
//       .tma<0>(tl::tma_tiled{.dims = {k, m}, .box = {C.block_k, C.block_m}, .swizzle =
//       tl::tma_swizzle::b128}) .tma<1>(...);
//
// A map is encoded once for each address that a description is launched with. A device without TMA
// (each of HIP's), or an encoding that the driver refuses, makes the variant infeasible, with the
// reason.
//
// All lists run from the innermost dimension outwards, as in the driver's functions, whose manual
// says what goes together: cuTensorMapEncodeTiled, cuTensorMapEncodeIm2col.

#ifndef TL_TMA_H
#define TL_TMA_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/kernel.h>
#include <tl/tensor_map.h>

#if defined(__HIP__) || defined(__HIPCC__)

namespace tl::detail {

/// Never asked: a launch that has maps is infeasible before.
struct absent_maps final : tensor_map_source {
  void encode(const void *, std::uint32_t, void *) override {
    TL_THROW(infeasible("needs tensor maps (TMA), which HIP does not have"));
  }
  std::size_t encodings() const override { return 0; }
};

template <class Map> shared<tensor_map_source> make_tensor_map(const Map &) {
  return make_shared_object<absent_maps>();
}

} // namespace tl::detail

#elif defined(__CUDA__) || defined(__CUDACC__)

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tl {

static_assert(static_cast<int>(tma_type::u8) == CU_TENSOR_MAP_DATA_TYPE_UINT8);
static_assert(static_cast<int>(tma_type::u16) == CU_TENSOR_MAP_DATA_TYPE_UINT16);
static_assert(static_cast<int>(tma_type::u32) == CU_TENSOR_MAP_DATA_TYPE_UINT32);
static_assert(static_cast<int>(tma_type::i32) == CU_TENSOR_MAP_DATA_TYPE_INT32);
static_assert(static_cast<int>(tma_type::u64) == CU_TENSOR_MAP_DATA_TYPE_UINT64);
static_assert(static_cast<int>(tma_type::i64) == CU_TENSOR_MAP_DATA_TYPE_INT64);
static_assert(static_cast<int>(tma_type::f16) == CU_TENSOR_MAP_DATA_TYPE_FLOAT16);
static_assert(static_cast<int>(tma_type::f32) == CU_TENSOR_MAP_DATA_TYPE_FLOAT32);
static_assert(static_cast<int>(tma_type::f64) == CU_TENSOR_MAP_DATA_TYPE_FLOAT64);
static_assert(static_cast<int>(tma_type::bf16) == CU_TENSOR_MAP_DATA_TYPE_BFLOAT16);
static_assert(static_cast<int>(tma_type::f32_ftz) == CU_TENSOR_MAP_DATA_TYPE_FLOAT32_FTZ);
static_assert(static_cast<int>(tma_type::tf32) == CU_TENSOR_MAP_DATA_TYPE_TFLOAT32);
static_assert(static_cast<int>(tma_type::tf32_ftz) == CU_TENSOR_MAP_DATA_TYPE_TFLOAT32_FTZ);
static_assert(static_cast<int>(tma_interleave::none) == CU_TENSOR_MAP_INTERLEAVE_NONE);
static_assert(static_cast<int>(tma_interleave::b16) == CU_TENSOR_MAP_INTERLEAVE_16B);
static_assert(static_cast<int>(tma_interleave::b32) == CU_TENSOR_MAP_INTERLEAVE_32B);
static_assert(static_cast<int>(tma_swizzle::none) == CU_TENSOR_MAP_SWIZZLE_NONE);
static_assert(static_cast<int>(tma_swizzle::b32) == CU_TENSOR_MAP_SWIZZLE_32B);
static_assert(static_cast<int>(tma_swizzle::b64) == CU_TENSOR_MAP_SWIZZLE_64B);
static_assert(static_cast<int>(tma_swizzle::b128) == CU_TENSOR_MAP_SWIZZLE_128B);
static_assert(static_cast<int>(tma_l2_promotion::none) == CU_TENSOR_MAP_L2_PROMOTION_NONE);
static_assert(static_cast<int>(tma_l2_promotion::b64) == CU_TENSOR_MAP_L2_PROMOTION_L2_64B);
static_assert(static_cast<int>(tma_l2_promotion::b128) == CU_TENSOR_MAP_L2_PROMOTION_L2_128B);
static_assert(static_cast<int>(tma_l2_promotion::b256) == CU_TENSOR_MAP_L2_PROMOTION_L2_256B);
static_assert(static_cast<int>(tma_fill::zero) == CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
static_assert(static_cast<int>(tma_fill::nan) == CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA);

namespace detail {

/// The driver's functions through the runtime library, so that nothing links libcuda. Null where
/// the driver has none.
template <class Function> Function *driver_function(const char *name) {
  void *found = nullptr;
  cudaDriverEntryPointQueryResult answer = cudaDriverEntryPointSymbolNotFound;
#if CUDART_VERSION >= 12050
  const cudaError_t error =
      cudaGetDriverEntryPointByVersion(name, &found, 12000, cudaEnableDefault, &answer);
#else
  const cudaError_t error = cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, &answer);
#endif
  if (error != cudaSuccess || answer != cudaDriverEntryPointSuccess) {
    static_cast<void>(cudaGetLastError());
    return nullptr;
  }
  return reinterpret_cast<Function *>(found);
}

constexpr std::uint64_t tma_element_bytes(tma_type type) {
  switch (type) {
  case tma_type::u8:
    return 1;
  case tma_type::u16:
  case tma_type::f16:
  case tma_type::bf16:
    return 2;
  case tma_type::u64:
  case tma_type::i64:
  case tma_type::f64:
    return 8;
  default:
    return 4;
  }
}

/// TL_ELEMENT_* of a buffer as a map's element type.
inline tma_type tma_type_of(std::uint32_t element) {
  switch (element) {
  case TL_ELEMENT_BOOL:
  case TL_ELEMENT_I8:
  case TL_ELEMENT_U8:
  case TL_ELEMENT_E4M3:
  case TL_ELEMENT_E5M2:
    return tma_type::u8;
  case TL_ELEMENT_I16:
  case TL_ELEMENT_U16:
    return tma_type::u16;
  case TL_ELEMENT_I32:
    return tma_type::i32;
  case TL_ELEMENT_U32:
    return tma_type::u32;
  case TL_ELEMENT_I64:
    return tma_type::i64;
  case TL_ELEMENT_U64:
    return tma_type::u64;
  case TL_ELEMENT_F16:
    return tma_type::f16;
  case TL_ELEMENT_BF16:
    return tma_type::bf16;
  case TL_ELEMENT_F32:
    return tma_type::f32;
  case TL_ELEMENT_F64:
    return tma_type::f64;
  default:
    TL_THROW(infeasible("a tensor map over elements of no type that TMA knows: say .type = ..."));
  }
}

template <class Map> void complete_tensor_map(Map &map, std::uint32_t element) {
  if (map.type == tma_type::automatic)
    map.type = tma_type_of(element);
  if (map.strides.empty()) {
    std::uint64_t bytes = tma_element_bytes(map.type);
    for (std::size_t index = 0; index + 1 < map.dims.size(); ++index)
      map.strides.push_back(bytes *= map.dims[index]);
  }
  if (map.element_strides.empty())
    map.element_strides.assign(map.dims.size(), 1);
  const std::size_t rank = map.dims.size();
  if (map.strides.size() + 1 != rank || map.element_strides.size() != rank)
    TL_THROW(std::invalid_argument(
        "a tensor map of rank " + std::to_string(rank) + " takes " + std::to_string(rank - 1) +
        " strides and " + std::to_string(rank) + " element strides, found " +
        std::to_string(map.strides.size()) + " and " + std::to_string(map.element_strides.size())));
}

inline std::string list_text(const auto &values) {
  std::string text;
  for (const auto &it : values)
    text += (text.empty() ? "" : " x ") + std::to_string(it);
  return text;
}

inline CUresult encode_tensor_map(CUtensorMap &to, const tma_tiled &map, void *address) {
  if (map.box.size() != map.dims.size())
    TL_THROW(std::invalid_argument("a tensor map of rank " + std::to_string(map.dims.size()) +
                                   " takes a box of as many "
                                   "extents, found " +
                                   std::to_string(map.box.size())));
  static auto *const encode =
      driver_function<decltype(cuTensorMapEncodeTiled)>("cuTensorMapEncodeTiled");
  if (!encode)
    TL_THROW(infeasible("needs tensor maps, and this driver has none (cuTensorMapEncodeTiled)"));
  return encode(&to, static_cast<CUtensorMapDataType>(map.type),
                static_cast<cuuint32_t>(map.dims.size()), address, map.dims.data(),
                map.strides.data(), map.box.data(), map.element_strides.data(),
                static_cast<CUtensorMapInterleave>(map.interleave),
                static_cast<CUtensorMapSwizzle>(map.swizzle),
                static_cast<CUtensorMapL2promotion>(map.l2_promotion),
                static_cast<CUtensorMapFloatOOBfill>(map.fill));
}

inline CUresult encode_tensor_map(CUtensorMap &to, const tma_im2col &map, void *address) {
  if (map.lower_corner.size() + 2 != map.dims.size() ||
      map.upper_corner.size() + 2 != map.dims.size())
    TL_THROW(std::invalid_argument("an im2col map of rank " + std::to_string(map.dims.size()) +
                                   " takes corners of two extents less, found " +
                                   std::to_string(map.lower_corner.size()) + " and " +
                                   std::to_string(map.upper_corner.size())));
  static auto *const encode =
      driver_function<decltype(cuTensorMapEncodeIm2col)>("cuTensorMapEncodeIm2col");
  if (!encode)
    TL_THROW(infeasible("needs tensor maps, and this driver has none (cuTensorMapEncodeIm2col)"));
  return encode(&to, static_cast<CUtensorMapDataType>(map.type),
                static_cast<cuuint32_t>(map.dims.size()), address, map.dims.data(),
                map.strides.data(), map.lower_corner.data(), map.upper_corner.data(),
                map.channels_per_pixel, map.pixels_per_column, map.element_strides.data(),
                static_cast<CUtensorMapInterleave>(map.interleave),
                static_cast<CUtensorMapSwizzle>(map.swizzle),
                static_cast<CUtensorMapL2promotion>(map.l2_promotion),
                static_cast<CUtensorMapFloatOOBfill>(map.fill));
}

inline std::string describe_map(const tma_tiled &map) {
  return "tiled, dims " + list_text(map.dims) + ", strides " + list_text(map.strides) +
         " bytes, box " + list_text(map.box);
}
inline std::string describe_map(const tma_im2col &map) {
  return "im2col, dims " + list_text(map.dims) + ", strides " + list_text(map.strides) +
         " bytes, corners " + list_text(map.lower_corner) + " and " + list_text(map.upper_corner) +
         ", " + std::to_string(map.channels_per_pixel) + " channels, " +
         std::to_string(map.pixels_per_column) + " pixels";
}

/// Remembers the maps of the last addresses: buffers are few, and launches many.
template <class Map> class encoded_maps final : public tensor_map_source {
public:
  explicit encoded_maps(Map map) : map_(std::move(map)) {}

  void encode(const void *address, std::uint32_t element, void *to) override {
    const std::lock_guard lock(guard_);
    for (const entry &it : known_)
      if (it.address == address) {
        std::memcpy(to, &it.map, sizeof it.map);
        return;
      }
    entry made{address, {}};
    require_tma();
    Map map = map_;
    complete_tensor_map(map, element);
    const CUresult answer = encode_tensor_map(made.map, map, const_cast<void *>(address));
    if (answer != CUDA_SUCCESS)
      TL_THROW(infeasible("the driver refuses a tensor map (CUresult " +
                          std::to_string(static_cast<int>(answer)) + "): " + describe_map(map) +
                          ", swizzle " + std::to_string(static_cast<int>(map.swizzle)) +
                          ", interleave " + std::to_string(static_cast<int>(map.interleave))));
    ++encodings_;
    if (known_.size() == most)
      known_.erase(known_.begin());
    known_.push_back(made);
    std::memcpy(to, &made.map, sizeof made.map);
  }

  /// How many were encoded so far.
  std::size_t encodings() const override { return encodings_; }

private:
  struct entry {
    const void *address;
    CUtensorMap map;
  };
  static constexpr std::size_t most = 64;

  static void require_tma() {
    int device = 0, major = 0;
    check_call("cudaGetDevice", cudaGetDevice(&device));
    check_call("cudaDeviceGetAttribute",
               cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
    if (major < 9)
      TL_THROW(infeasible("needs the Tensor Memory Accelerator, which the device does not have "
                          "(compute capability " +
                          std::to_string(major) + ".x, 9.0 and up have it)"));
  }

  Map map_;
  std::mutex guard_;
  std::vector<entry> known_;
  std::size_t encodings_ = 0;
};

template <class Map> shared<tensor_map_source> make_tensor_map(const Map &map) {
  return make_shared_object<encoded_maps<Map>>(map);
}

} // namespace detail
} // namespace tl

#else
#error "tl/tma.h: tensor maps are CUDA's; include it from device sources only"
#endif

#endif
