// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A GEMM on Hopper's tensor cores in which some warps only bring tiles and the others only
// multiply, for the two examples of it: steps come into a ring of stages in shared memory.

#ifndef TL_EXAMPLES_CUDA_STAGE_RING_H
#define TL_EXAMPLES_CUDA_STAGE_RING_H

#include "tile_fetch.h"
#include "wgmma.h"

#include <algorithm>

/// Shared memory of a block's stages [bytes], with what aligns the first.
constexpr int ring_bytes(int block_m, int block_n, int stages) {
  return stages * ((block_m + block_n) * step * 2 + 16) + 1024;
}

/// The stages of one block's shared memory, gone round by whoever fills or empties them. Each has a
/// tile of A, BlockM x step, and one of B, BlockN x step; and behind all of them two barriers.
template <int BlockM, int BlockN, int Stages> struct stage_ring {
  static constexpr std::uint32_t bytes_a = BlockM * step * 2, bytes_b = BlockN * step * 2;
  std::uint32_t base, stage = 0, phase = 0;

  __device__ explicit stage_ring(const unsigned char *shared)
      : base((static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) + 1023) & ~1023u) {}

  __device__ std::uint32_t tile_a() const { return base + stage * (bytes_a + bytes_b); }
  __device__ std::uint32_t tile_b() const { return tile_a() + bytes_a; }
  __device__ std::uint32_t full() const { return base + Stages * (bytes_a + bytes_b) + stage * 16; }
  __device__ std::uint32_t empty() const { return full() + 8; }
  __device__ void advance() {
    if (++stage == Stages) {
      stage = 0;
      phase ^= 1;
    }
  }

  /// Makes the barriers, for all threads of a block: how many arrive when a stage is full, and when
  /// it is empty.
  __device__ void begin(int filling, int emptying) const {
    if (threadIdx.x == 0) {
      for (stage_ring all = *this; all.phase == 0; all.advance()) {
        init_barrier(all.full(), filling);
        init_barrier(all.empty(), emptying);
      }
      asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    __syncthreads();
  }

  /// Waits until the stage may be filled. Of a barrier that nobody has arrived at, the phase before
  /// counts as over.
  __device__ void wait_empty() const { wait_barrier(empty(), phase ^ 1); }

  /// What a warpgroup multiplies of one tile of C, and tells the stages' barriers when it has:
  /// `Tiles` times 64 rows. Copied: the tiles come by copies of threads and not of the accelerator.
  template <bool Copied, int Tiles>
  __device__ __forceinline__ void multiply(float (&sum)[Tiles][BlockN / 2], int steps,
                                           int warpgroup) {
    const bool tells = threadIdx.x % 32 == 0;
    std::uint32_t before = 0;
    for (int at = 0; at < steps; ++at, advance()) {
      wait_barrier(full(), phase);
      // The tensor cores see shared memory through another proxy than such copies.
      if constexpr (Copied)
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
      const std::uint64_t right = descriptor(tile_b());
      asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
      for (int i = 0; i < Tiles; ++i) {
        const std::uint64_t left =
            descriptor(tile_a() + static_cast<std::uint32_t>(warpgroup * Tiles + i) * 64 * 128);
#pragma unroll
        for (int part = 0; part < step / 16; ++part) // 32 bytes on
          tensor_core<BlockN>::multiply(sum[i], left + 2 * part, right + 2 * part);
      }
      asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
      // While this step is being multiplied, the one before it is done.
      asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
      if (at > 0 && tells)
        arrive(before);
      before = empty();
    }
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    if (tells)
      arrive(before);
  }
};

/// As many blocks as run at the same time; each takes the tiles that are its turn.
inline unsigned blocks_for(int tiles) {
  int device = 0, multiprocessors = 1;
  CHECK(cudaGetDevice(&device));
  CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  return static_cast<unsigned>(std::min(tiles, multiprocessors));
}

#endif
