// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the files that implement gpu::engine have in common.

#ifndef TL_RUNTIME_BACKEND_GPU_ENGINE_IMPL_H
#define TL_RUNTIME_BACKEND_GPU_ENGINE_IMPL_H

#include "runtime/backend/gpu/engine.h"
#include "runtime/domain/element.h"

namespace tl::rt::gpu {

// Layout of the small buffer that our own kernels write to.
inline constexpr std::uint64_t clock_at = 0;
inline constexpr std::uint64_t compare_at = 64;
inline constexpr std::uint64_t compare_stride = 32;
static_assert(sizeof(compare_result) <= compare_stride);
inline constexpr std::uint64_t max_pieces = 64;
inline constexpr std::uint64_t guard_at = compare_at + compare_stride * max_pieces;
inline constexpr std::uint64_t guard_stride = 16;
inline constexpr std::uint64_t max_regions = 64;
inline constexpr std::uint64_t results_bytes = guard_at + 2 * guard_stride * max_regions;

/// Head start of the host over the device before a timed region, so that the region's launches are
/// all in the queue when its first stamp passes [ns].
inline constexpr std::uint64_t head_start_ns = 20'000;

/// Largest buffer of which there are two more copies for a second look [bytes].
inline constexpr std::uint64_t most_varied = 256u << 20;

/// What a buffer is filled with before it is written. Not -1 for integers: that is a common result.
inline unsigned char poison_for(const piece &it) {
  return is_floating(it.element) ? poison_byte : other_poison_byte;
}

inline bool good(const trial_outcome &outcome) { return outcome.status == trial_status::measured; }

} // namespace tl::rt::gpu

#endif
