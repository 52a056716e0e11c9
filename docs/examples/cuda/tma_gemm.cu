// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The GEMM of hopper_gemm.cu as a lazy factory, with tiles that the Tensor Memory Accelerator
// brings: the box of each tensor map is the tile, so it comes from the config. Needs
// --offload-arch=sm_90a.

#include "stage_ring.h"

#include <tl/autotune.h>
#include <tl/tma.h>

#include <map>

using namespace tl::keywords;

struct tma_config {
  int block_m = 128, block_n = 128; ///< tile of a block, and the maps' boxes
  int consumers = 2;                ///< warpgroups that share it, along m; one more fetches
  int stages = 4;                   ///< steps in shared memory at a time
  int group = 8;                    ///< rows of tiles that run side by side, for the cache
};

template <tma_config C> using ring_of = stage_ring<C.block_m, C.block_n, C.stages>;

constexpr auto tma_space =
    tl::space<tma_config>()
        .axis(&tma_config::block_m, {64, 128, 256})
        .axis(&tma_config::block_n, {128, 256})
        .axis(&tma_config::consumers, {1, 2})
        .axis(&tma_config::stages, {3, 4, 5, 6})
        .axis(&tma_config::group, {1, 4, 8, 16})
        .where([](tma_config c) { return c.block_m % (64 * c.consumers) == 0; })
        // What a thread can hold of C.
        .where([](tma_config c) { return c.block_m * c.block_n / (128 * c.consumers) <= 128; })
        .where(
            [](tma_config c) { return ring_bytes(c.block_m, c.block_n, c.stages) <= 227 * 1024; });

/// Sizes are multiples of the tiles.
template <tma_config Cfg>
__global__ void __launch_bounds__(128 * (Cfg.consumers + 1), 1)
    tma_kernel(int m, int n, int k, const __grid_constant__ CUtensorMap a,
               const __grid_constant__ CUtensorMap b, __half *c) {
  constexpr int tiles = Cfg.block_m / 64 / Cfg.consumers;
  extern __shared__ unsigned char shared[];
  ring_of<Cfg> ring(shared);
  const int thread = static_cast<int>(threadIdx.x), warpgroup = thread / 128;
  const int rows = m / Cfg.block_m, columns = n / Cfg.block_n, steps = k / step;
  ring.begin(1, 4 * Cfg.consumers); // one thread that fetches, each warp that multiplies

  if (warpgroup == Cfg.consumers) {
    // It needs hardly any registers; those that multiply need more than their share.
    if constexpr (Cfg.consumers == 2)
      asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (thread % 128 != 0)
      return;
    for (int id = static_cast<int>(blockIdx.x); id < rows * columns;
         id += static_cast<int>(gridDim.x)) {
      const auto [row, column] = position_of(id, rows, columns, Cfg.group);
      for (int at = 0; at < steps; ++at, ring.advance()) {
        ring.wait_empty();
        expect_bytes(ring.full(), ring.bytes_a + ring.bytes_b);
        fetch_box(ring.tile_a(), a, at * step, row * Cfg.block_m, ring.full());
        fetch_box(ring.tile_b(), b, at * step, column * Cfg.block_n, ring.full());
      }
    }
    return;
  }

  if constexpr (Cfg.consumers == 2)
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
  for (int id = static_cast<int>(blockIdx.x); id < rows * columns;
       id += static_cast<int>(gridDim.x)) {
    const auto [row, column] = position_of(id, rows, columns, Cfg.group);
    float sum[tiles][Cfg.block_n / 2] = {};
    ring.template multiply<false>(sum, steps, warpgroup);
    const int warp_row = row * Cfg.block_m + warpgroup * tiles * 64 + thread % 128 / 32 * 16;
    __half *to = c + static_cast<std::size_t>(warp_row) * n + column * Cfg.block_n;
#pragma unroll
    for (int i = 0; i < tiles; ++i)
      store_rows<Cfg.block_n>(as_rows<Cfg.block_n>(sum[i]),
                              to + static_cast<std::size_t>(i) * 64 * n, n, thread % 32);
  }
}

using gemm_launch = tl::kernel<void(tl::in<__half>, tl::in<__half>, tl::out<__half>)>;

/// C = A * B^T: A is m x k, B is n x k.
template <tma_config Cfg = tma_config{}>
TL_AUTOTUNE(configs = tma_space, supply = tl::supply::automatic, timeout = 10)
gemm_launch tma_gemm(int m, int n, int k) {
  const auto box = [&](int rows, int tile) {
    return tl::tma_tiled{.dims = {static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(rows)},
                         .box = {step, static_cast<std::uint32_t>(tile)},
                         .swizzle = tl::tma_swizzle::b128,
                         .l2_promotion = tl::tma_l2_promotion::b256};
  };
  return gemm_launch(&tma_kernel<Cfg>, m, n, k)
      .grid(blocks_for(m / Cfg.block_m * (n / Cfg.block_n)))
      .block(128 * (Cfg.consumers + 1))
      .shared(ring_bytes(Cfg.block_m, Cfg.block_n, Cfg.stages))
      .template tma<0>(box(m, Cfg.block_m))
      .template tma<1>(box(n, Cfg.block_n))
      .template extent<0>(m, k)
      .template extent<1>(n, k)
      .template extent<2>(m, n);
}

int main(int argc, char **argv) {
  // The handles that a program keeps: one for each problem.
  std::map<int, gemm_launch> tuned, plain;
  return check_gemm(
      "tma_gemm", argc, argv,
      [&](int m, int n, int k, const __half *a, const __half *b, __half *c, cudaStream_t stream) {
        tuned.try_emplace(m, tma_gemm(m, n, k)).first->second.on(stream)(a, b, c);
      },
      [&](int m, int n, int k, const __half *a, const __half *b, __half *c, cudaStream_t stream) {
        plain.try_emplace(m, tma_gemm<tma_config{}>(m, n, k)).first->second.on(stream)(a, b, c);
      });
}
