// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same GEMM as hgemm.cu for Hopper: whole warpgroups multiply straight from shared memory
// (wgmma), asynchronously. One warpgroup only copies tiles, the others only multiply, and each
// block computes several tiles of C one after the other, so that the next one's first steps arrive
// while a result is being stored. Needs --offload-arch=sm_90a.

#include "stage_ring.h"

#include <tl/autotune.h>

using namespace tl::keywords;

struct hopper_config {
  int block_m = 128, block_n = 128; ///< tile of a block
  int consumers = 2;                ///< warpgroups that share it, along m; one more copies
  int stages = 4;                   ///< steps in shared memory at a time
  int group = 8;                    ///< rows of tiles that run side by side, for the cache
};

template <hopper_config C> using ring_of = stage_ring<C.block_m, C.block_n, C.stages>;

constexpr auto hopper_space =
    tl::space<hopper_config>()
        .axis(&hopper_config::block_m, {64, 128, 256})
        .axis(&hopper_config::block_n, {128, 256})
        .axis(&hopper_config::consumers, {1, 2})
        .axis(&hopper_config::stages, {3, 4, 5, 6})
        .axis(&hopper_config::group, {4, 8, 16})
        .where([](hopper_config c) { return c.block_m % (64 * c.consumers) == 0; })
        // What a thread can hold of C.
        .where([](hopper_config c) { return c.block_m * c.block_n / (128 * c.consumers) <= 128; })
        .where([](hopper_config c) {
          return ring_bytes(c.block_m, c.block_n, c.stages) <= 227 * 1024;
        });

/// Sizes are multiples of the tiles.
template <hopper_config Cfg>
__global__ void __launch_bounds__(128 * (Cfg.consumers + 1), 1)
    hopper_kernel(int m, int n, int k, const __half *a, const __half *b, __half *c) {
  constexpr int tiles = Cfg.block_m / 64 / Cfg.consumers;
  extern __shared__ unsigned char shared[];
  ring_of<Cfg> ring(shared);
  const int thread = static_cast<int>(threadIdx.x), warpgroup = thread / 128;
  const int rows = m / Cfg.block_m, columns = n / Cfg.block_n, steps = k / step;
  ring.begin(128, 4 * Cfg.consumers); // each thread that copies, each warp that multiplies

  if (warpgroup == Cfg.consumers) {
    // It needs fewer registers than its share; those that multiply need more.
    if constexpr (Cfg.consumers == 2)
      asm volatile("setmaxnreg.dec.sync.aligned.u32 72;");
    for (int id = static_cast<int>(blockIdx.x); id < rows * columns;
         id += static_cast<int>(gridDim.x)) {
      const auto [row, column] = position_of(id, rows, columns, Cfg.group);
      const __half *from_a = a + static_cast<std::size_t>(row) * Cfg.block_m * k;
      const __half *from_b = b + static_cast<std::size_t>(column) * Cfg.block_n * k;
      for (int at = 0; at < steps; ++at, ring.advance()) {
        ring.wait_empty();
        copy_tile<Cfg.block_m, 128>(ring.tile_a(), from_a + at * step, k, thread % 128);
        copy_tile<Cfg.block_n, 128>(ring.tile_b(), from_b + at * step, k, thread % 128);
        arrive_after_copies(ring.full());
      }
    }
    wait_copies<0>();
    return;
  }

  if constexpr (Cfg.consumers == 2)
    asm volatile("setmaxnreg.inc.sync.aligned.u32 216;");
  for (int id = static_cast<int>(blockIdx.x); id < rows * columns;
       id += static_cast<int>(gridDim.x)) {
    const auto [row, column] = position_of(id, rows, columns, Cfg.group);
    float sum[tiles][Cfg.block_n / 2] = {};
    ring.template multiply<true>(sum, steps, warpgroup);
    const int warp_row = row * Cfg.block_m + warpgroup * tiles * 64 + thread % 128 / 32 * 16;
    __half *to = c + static_cast<std::size_t>(warp_row) * n + column * Cfg.block_n;
#pragma unroll
    for (int i = 0; i < tiles; ++i)
      store_rows<Cfg.block_n>(as_rows<Cfg.block_n>(sum[i]),
                              to + static_cast<std::size_t>(i) * 64 * n, n, thread % 32);
  }
}

template <hopper_config Cfg = hopper_config{}>
TL_AUTOTUNE(configs = hopper_space, timeout = 10)
void hopper_gemm(int m, int n, int k, const __half *a, const __half *b, __half *c,
                 cudaStream_t stream) {
  constexpr int bytes = ring_bytes(Cfg.block_m, Cfg.block_n, Cfg.stages);
  static const cudaError_t allowed =
      cudaFuncSetAttribute(hopper_kernel<Cfg>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  if (allowed == cudaSuccess)
    hopper_kernel<Cfg><<<blocks_for(m / Cfg.block_m * (n / Cfg.block_n)), 128 * (Cfg.consumers + 1),
                         bytes, stream>>>(m, n, k, a, b, c);
}

int main(int argc, char **argv) {
  return check_gemm(
      "hopper_gemm", argc, argv,
      [](int m, int n, int k, const __half *a, const __half *b, __half *c, cudaStream_t stream) {
        hopper_gemm(m, n, k, a, b, c, stream);
      },
      [](int m, int n, int k, const __half *a, const __half *b, __half *c, cudaStream_t stream) {
        hopper_gemm<hopper_config{}>(m, n, k, a, b, c, stream);
      });
}
