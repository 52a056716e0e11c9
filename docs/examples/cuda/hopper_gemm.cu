// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same GEMM as hgemm.cu for Hopper: whole warpgroups multiply straight from shared memory
// (wgmma), asynchronously. Needs --offload-arch=sm_90a.

#include "wgmma.h"

#include <tl/autotune.h>

using namespace tl::keywords;

struct hopper_config {
  int block_m = 128, block_n = 128; ///< tile of a block
  int warpgroups = 2;               ///< that share it, along m
  int stages = 3;                   ///< steps in shared memory at a time
  int group = 1;                    ///< rows of blocks that run side by side, for the cache
};

/// One stage more for the alignment of the first.
constexpr int shared_bytes(hopper_config c) {
  return c.stages * (c.block_m + c.block_n) * step * 2 + 1024;
}

constexpr auto hopper_space =
    tl::space<hopper_config>()
        .axis(&hopper_config::block_m, {64, 128, 256})
        .axis(&hopper_config::block_n, {128, 256})
        .axis(&hopper_config::warpgroups, {1, 2})
        .axis(&hopper_config::stages, {3, 4, 5})
        .axis(&hopper_config::group, {1, 8})
        .where([](hopper_config c) { return c.block_m % (64 * c.warpgroups) == 0; })
        // What a thread can hold of C.
        .where([](hopper_config c) { return c.block_m * c.block_n / (128 * c.warpgroups) <= 128; })
        .where([](hopper_config c) { return shared_bytes(c) <= 227 * 1024; });

/// Sizes are multiples of the tiles.
template <hopper_config Cfg>
__global__ void __launch_bounds__(128 * Cfg.warpgroups, 1)
    hopper_kernel(int m, int n, int k, const __half *a, const __half *b, __half *c) {
  constexpr int threads = 128 * Cfg.warpgroups;
  constexpr int tiles = Cfg.block_m / 64 / Cfg.warpgroups;
  constexpr std::uint32_t bytes_a = Cfg.block_m * step * 2, bytes_b = Cfg.block_n * step * 2;
  extern __shared__ unsigned char shared[];
  const auto base = (static_cast<std::uint32_t>(__cvta_generic_to_shared(shared)) + 1023) & ~1023u;
  const int thread = static_cast<int>(threadIdx.x), warpgroup = thread / 128;
  const auto [block_row, block_column] =
      position_of(static_cast<int>(blockIdx.x), m / Cfg.block_m, n / Cfg.block_n, Cfg.group);
  a += static_cast<std::size_t>(block_row) * Cfg.block_m * k;
  b += static_cast<std::size_t>(block_column) * Cfg.block_n * k;
  const int steps = k / step;

  const auto fetch = [&](int at) {
    if (at < steps) {
      const std::uint32_t stage =
          base + static_cast<std::uint32_t>(at % Cfg.stages) * (bytes_a + bytes_b);
      copy_tile<Cfg.block_m, threads>(stage, a + at * step, k, thread);
      copy_tile<Cfg.block_n, threads>(stage + bytes_a, b + at * step, k, thread);
    }
    commit_copies();
  };
  // Two stages are not fetched ahead: one is being multiplied, and one has just been and may still
  // be by another warpgroup.
#pragma unroll
  for (int s = 0; s < Cfg.stages - 2; ++s)
    fetch(s);

  float sum[tiles][Cfg.block_n / 2] = {};
  for (int at = 0; at < steps; ++at) {
    wait_copies<Cfg.stages - 3>();
    // The tensor cores see shared memory through another proxy than the copies.
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncthreads();
    const std::uint32_t tile_a =
        base + static_cast<std::uint32_t>(at % Cfg.stages) * (bytes_a + bytes_b);
    const std::uint64_t right = descriptor(tile_a + bytes_a);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
    for (int i = 0; i < tiles; ++i) {
      const std::uint64_t left =
          descriptor(tile_a + static_cast<std::uint32_t>(warpgroup * tiles + i) * 64 * 128);
#pragma unroll
      for (int part = 0; part < step / 16; ++part) // 32 bytes on
        tensor_core<Cfg.block_n>::multiply(sum[i], left + 2 * part, right + 2 * part);
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    fetch(at + Cfg.stages - 2);
    asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
  }
  asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");

  const int lane = thread % 32, warp = thread % 128 / 32;
#pragma unroll
  for (int i = 0; i < tiles; ++i) {
    const int row = block_row * Cfg.block_m + (warpgroup * tiles + i) * 64 + warp * 16 + lane / 4;
    __half *to = c + static_cast<std::size_t>(row) * n + block_column * Cfg.block_n + lane % 4 * 2;
#pragma unroll
    for (int j = 0; j < Cfg.block_n / 8; ++j) {
      *reinterpret_cast<__half2 *>(to + j * 8) =
          __floats2half2_rn(sum[i][4 * j], sum[i][4 * j + 1]);
      *reinterpret_cast<__half2 *>(to + static_cast<std::size_t>(8) * n + j * 8) =
          __floats2half2_rn(sum[i][4 * j + 2], sum[i][4 * j + 3]);
    }
  }
}

template <hopper_config Cfg = hopper_config{}>
TL_AUTOTUNE(configs = hopper_space, timeout = 10)
void hopper_gemm(int m, int n, int k, const __half *a, const __half *b, __half *c,
                 cudaStream_t stream) {
  static const cudaError_t allowed = cudaFuncSetAttribute(
      hopper_kernel<Cfg>, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes(Cfg));
  if (allowed == cudaSuccess)
    hopper_kernel<Cfg>
        <<<m / Cfg.block_m *(n / Cfg.block_n), 128 * Cfg.warpgroups, shared_bytes(Cfg), stream>>>(
            m, n, k, a, b, c);
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
