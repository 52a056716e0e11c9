// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The GEMM of hopper_gemm.cu as a lazy factory, with tiles that the Tensor Memory Accelerator
// brings: the box of each tensor map is the tile, so it comes from the config. One warpgroup only
// asks for tiles, the others only multiply, and each block computes several tiles of C one after
// the other, so that the next one's first steps arrive while a result is being stored. Needs
// --offload-arch=sm_90a.

#include "tile_fetch.h"
#include "wgmma.h"

#include <tl/autotune.h>
#include <tl/tma.h>

#include <algorithm>
#include <map>

using namespace tl::keywords;

struct tma_config {
  int block_m = 128, block_n = 128; ///< tile of a block, and the maps' boxes
  int consumers = 2;                ///< warpgroups that share it, along m; one more fetches
  int stages = 4;                   ///< steps in shared memory at a time
  int group = 8;                    ///< rows of tiles that run side by side, for the cache
};

/// One stage more for the alignment of the first, and two barriers for each.
constexpr int shared_bytes(tma_config c) {
  return c.stages * ((c.block_m + c.block_n) * step * 2 + 16) + 1024;
}

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
        .where([](tma_config c) { return shared_bytes(c) <= 227 * 1024; });

/// The stages of one block's shared memory, gone round by whoever fills or empties them.
template <tma_config Cfg> struct stage_ring {
  static constexpr std::uint32_t bytes_a = Cfg.block_m * step * 2, bytes_b = Cfg.block_n * step * 2;
  std::uint32_t base, stage = 0, phase = 0;

  __device__ std::uint32_t tile_a() const { return base + stage * (bytes_a + bytes_b); }
  __device__ std::uint32_t tile_b() const { return tile_a() + bytes_a; }
  __device__ std::uint32_t full() const {
    return base + Cfg.stages * (bytes_a + bytes_b) + stage * 16;
  }
  __device__ std::uint32_t empty() const { return full() + 8; }
  __device__ void advance() {
    if (++stage == Cfg.stages) {
      stage = 0;
      phase ^= 1;
    }
  }
};

/// Sizes are multiples of the tiles.
template <tma_config Cfg>
__global__ void __launch_bounds__(128 * (Cfg.consumers + 1), 1)
    tma_kernel(int m, int n, int k, const __grid_constant__ CUtensorMap a,
               const __grid_constant__ CUtensorMap b, __half *c) {
  constexpr int tiles = Cfg.block_m / 64 / Cfg.consumers;
  extern __shared__ unsigned char shared[];
  stage_ring<Cfg> ring{(static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) + 1023) &
                       ~1023u};
  const int thread = static_cast<int>(threadIdx.x), warpgroup = thread / 128;
  const int rows = m / Cfg.block_m, columns = n / Cfg.block_n, steps = k / step;
  if (thread == 0) {
    for (stage_ring<Cfg> all = ring; all.phase == 0; all.advance()) {
      init_barrier(all.full(), 1);
      init_barrier(all.empty(), 4 * Cfg.consumers); // each of their warps
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();

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
        // Of a barrier that nobody has arrived at, the phase before counts as over.
        wait_barrier(ring.empty(), ring.phase ^ 1);
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
    std::uint32_t before = 0;
    for (int at = 0; at < steps; ++at, ring.advance()) {
      wait_barrier(ring.full(), ring.phase);
      const std::uint64_t right = descriptor(ring.tile_b());
      asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
      for (int i = 0; i < tiles; ++i) {
        const std::uint64_t left = descriptor(
            ring.tile_a() + static_cast<std::uint32_t>(warpgroup * tiles + i) * 64 * 128);
#pragma unroll
        for (int part = 0; part < step / 16; ++part) // 32 bytes on
          tensor_core<Cfg.block_n>::multiply(sum[i], left + 2 * part, right + 2 * part);
      }
      asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
      // While this step is being multiplied, the one before it is done.
      asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
      if (at > 0 && thread % 32 == 0)
        arrive(before);
      before = ring.empty();
    }
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    if (thread % 32 == 0)
      arrive(before);
    const int warp_row = row * Cfg.block_m + warpgroup * tiles * 64 + thread % 128 / 32 * 16;
    __half *to = c + static_cast<std::size_t>(warp_row) * n + column * Cfg.block_n;
#pragma unroll
    for (int i = 0; i < tiles; ++i)
      store_rows<Cfg.block_n>(as_rows<Cfg.block_n>(sum[i]),
                              to + static_cast<std::size_t>(i) * 64 * n, n, thread % 32);
  }
}

/// As many blocks as run at the same time; each takes the tiles that are its turn.
inline unsigned blocks_for(int tiles) {
  int device = 0, multiprocessors = 1;
  CHECK(cudaGetDevice(&device));
  CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  return static_cast<unsigned>(std::min(tiles, multiprocessors));
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
      .shared(shared_bytes(Cfg))
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
