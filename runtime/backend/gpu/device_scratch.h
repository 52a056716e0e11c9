// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layout of the small buffer that the runtime's own kernels write to.

#ifndef TL_RUNTIME_BACKEND_GPU_DEVICE_SCRATCH_H
#define TL_RUNTIME_BACKEND_GPU_DEVICE_SCRATCH_H

#include "runtime/backend/gpu/kernels.h"

#include <cstdint>

namespace tl::rt::gpu {

// Offsets and sizes [bytes], and the most that there is room for.
inline constexpr std::uint64_t clock_at = 0;
inline constexpr std::uint64_t compare_at = 64;
inline constexpr std::uint64_t compare_stride = 32;
static_assert(sizeof(compare_result) <= compare_stride);
inline constexpr std::uint64_t max_pieces = 64;
inline constexpr std::uint64_t guard_at = compare_at + compare_stride * max_pieces;
inline constexpr std::uint64_t guard_stride = 16;
inline constexpr std::uint64_t max_regions = 64;
inline constexpr std::uint64_t scratch_bytes = guard_at + 2 * guard_stride * max_regions;

} // namespace tl::rt::gpu

#endif
