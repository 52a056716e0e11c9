// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The GEMM of hopper_gemm.cu as a lazy factory, with tiles that the Tensor Memory Accelerator
// brings: the box of each tensor map is the tile, so it comes from the config. One thread asks for
// a tile, and the hardware computes addresses and swizzles. Needs --offload-arch=sm_90a.

#include "wgmma.h"

#include <tl/autotune.h>
#include <tl/tma.h>

#include <map>

using namespace tl::keywords;

struct tma_config {
  int block_m = 128, block_n = 128; ///< tile of a block, and the maps' boxes
  int warpgroups = 2;               ///< that share it, along m
  int stages = 4;                   ///< steps in shared memory at a time
  int group = 8;                    ///< rows of blocks that run side by side, for the cache
};

/// One stage more for the alignment of the first, and the barriers.
constexpr int shared_bytes(tma_config c) {
  return c.stages * (c.block_m + c.block_n) * step * 2 + 1024 + 64;
}

constexpr auto tma_space =
    tl::space<tma_config>()
        .axis(&tma_config::block_m, {64, 128, 256})
        .axis(&tma_config::block_n, {128, 256})
        .axis(&tma_config::warpgroups, {1, 2})
        .axis(&tma_config::stages, {3, 4, 5, 6})
        .axis(&tma_config::group, {1, 8})
        .where([](tma_config c) { return c.block_m % (64 * c.warpgroups) == 0; })
        // What a thread can hold of C.
        .where([](tma_config c) { return c.block_m * c.block_n / (128 * c.warpgroups) <= 128; })
        .where([](tma_config c) { return shared_bytes(c) <= 227 * 1024; });

__device__ inline void init_barrier(std::uint32_t barrier) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier) : "memory");
}

/// Tells a barrier how many bytes are on their way.
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

/// Sizes are multiples of the tiles.
template <tma_config C>
__global__ void __launch_bounds__(128 * C.warpgroups, 1)
    tma_kernel(int m, int n, int k, const __grid_constant__ CUtensorMap a,
               const __grid_constant__ CUtensorMap b, __half *c) {
  constexpr int tiles = C.block_m / 64 / C.warpgroups;
  constexpr std::uint32_t bytes_a = C.block_m * step * 2, bytes_b = C.block_n * step * 2;
  extern __shared__ unsigned char shared[];
  const auto base = (static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) + 1023) & ~1023u;
  const std::uint32_t barriers = base + C.stages * (bytes_a + bytes_b);
  const int thread = static_cast<int>(threadIdx.x), warpgroup = thread / 128;
  const auto [block_row, block_column] =
      position_of(static_cast<int>(blockIdx.x), m / C.block_m, n / C.block_n, C.group);
  const int row_a = block_row * C.block_m, row_b = block_column * C.block_n;
  const int steps = k / step;
  if (thread == 0) {
    for (int s = 0; s < C.stages; ++s)
      init_barrier(barriers + static_cast<std::uint32_t>(s) * 8);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();

  const auto stage_of = [&](int at) {
    return base + static_cast<std::uint32_t>(at % C.stages) * (bytes_a + bytes_b);
  };
  const auto barrier_of = [&](int at) {
    return barriers + static_cast<std::uint32_t>(at % C.stages) * 8;
  };
  const auto fetch = [&](int at) {
    if (thread != 0 || at >= steps)
      return;
    expect_bytes(barrier_of(at), bytes_a + bytes_b);
    fetch_box(stage_of(at), a, at * step, row_a, barrier_of(at));
    fetch_box(stage_of(at) + bytes_a, b, at * step, row_b, barrier_of(at));
  };
  // Two stages are not fetched ahead: one is being multiplied, and one has just been and may still
  // be by another warpgroup.
  for (int s = 0; s < C.stages - 2; ++s)
    fetch(s);

  float sum[tiles][C.block_n / 2] = {};
  for (int at = 0; at < steps; ++at) {
    wait_barrier(barrier_of(at), static_cast<std::uint32_t>(at / C.stages) & 1);
    // Everybody has left the step before, so what that one's predecessor read may be overwritten.
    __syncthreads();
    const std::uint32_t tile_a = stage_of(at);
    const std::uint64_t right = descriptor(tile_a + bytes_a);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
    for (int i = 0; i < tiles; ++i) {
      const std::uint64_t left =
          descriptor(tile_a + static_cast<std::uint32_t>(warpgroup * tiles + i) * 64 * 128);
#pragma unroll
      for (int part = 0; part < step / 16; ++part) // 32 bytes on
        tensor_core<C.block_n>::multiply(sum[i], left + 2 * part, right + 2 * part);
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    fetch(at + C.stages - 2);
    asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
  }
  asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");

  const int lane = thread % 32, warp = thread % 128 / 32;
#pragma unroll
  for (int i = 0; i < tiles; ++i) {
    const int row = row_a + (warpgroup * tiles + i) * 64 + warp * 16 + lane / 4;
    __half *to = c + static_cast<std::size_t>(row) * n + row_b + lane % 4 * 2;
#pragma unroll
    for (int j = 0; j < C.block_n / 8; ++j) {
      *reinterpret_cast<__half2 *>(to + j * 8) =
          __floats2half2_rn(sum[i][4 * j], sum[i][4 * j + 1]);
      *reinterpret_cast<__half2 *>(to + static_cast<std::size_t>(8) * n + j * 8) =
          __floats2half2_rn(sum[i][4 * j + 2], sum[i][4 * j + 3]);
    }
  }
}

using gemm_launch = tl::kernel<void(tl::in<__half>, tl::in<__half>, tl::out<__half>)>;

/// C = A * B^T: A is m x k, B is n x k.
template <tma_config C = tma_config{}>
TL_AUTOTUNE(configs = tma_space, supply = tl::supply::automatic, timeout = 10)
gemm_launch tma_gemm(int m, int n, int k) {
  const auto box = [&](int rows, int tile) {
    return tl::tma_tiled{.dims = {static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(rows)},
                         .box = {step, static_cast<std::uint32_t>(tile)},
                         .swizzle = tl::tma_swizzle::b128,
                         .l2_promotion = tl::tma_l2_promotion::b256};
  };
  return gemm_launch(&tma_kernel<C>, m, n, k)
      .grid(static_cast<unsigned>(m / C.block_m * (n / C.block_n)))
      .block(128 * C.warpgroups)
      .shared(shared_bytes(C))
      .template tma<0>(box(m, C.block_m))
      .template tma<1>(box(n, C.block_n))
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
