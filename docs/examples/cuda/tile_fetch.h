// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles that the Tensor Memory Accelerator brings into shared memory, and the barriers that say
// when they have come (full) and may be overwritten (empty), for the examples that use them.

#ifndef TL_EXAMPLES_CUDA_TILE_FETCH_H
#define TL_EXAMPLES_CUDA_TILE_FETCH_H

#include <cstdint>
#include <cuda.h>

__device__ inline void init_barrier(std::uint32_t barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}

__device__ inline void arrive(std::uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

/// Arrives when all that the thread has begun to copy so far (copy_async()) is there.
__device__ inline void arrive_after_copies(std::uint32_t barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(barrier) : "memory");
}

/// Arrives, and tells the barrier how many bytes are on their way.
__device__ inline void expect_bytes(std::uint32_t barrier, std::uint32_t bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
               : "memory");
}

__device__ inline void wait_barrier(std::uint32_t barrier, std::uint32_t phase) {
  std::uint32_t done = 0;
  while (!done)
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 "
                 "%0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(barrier), "r"(phase)
                 : "memory");
}

/// Asks for the box whose first element is (column, row).
__device__ inline void fetch_box(std::uint32_t to, const CUtensorMap &map, int column, int row,
                                 std::uint32_t barrier) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], "
               "[%1, {%2, %3}], [%4];" ::"r"(to),
               "l"(&map), "r"(column), "r"(row), "r"(barrier)
               : "memory");
}

/// The same in three dimensions.
__device__ inline void fetch_box(std::uint32_t to, const CUtensorMap &map, int column, int row,
                                 int sheet, std::uint32_t barrier) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], "
               "[%1, {%2, %3, %4}], [%5];" ::"r"(to),
               "l"(&map), "r"(column), "r"(row), "r"(sheet), "r"(barrier)
               : "memory");
}

#endif
