// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C = A * B^T in half precision on tensor cores, sums in float: A is m x k, B is n x k (as a
// linear layer stores its weights), both row-major. Tiles come in by asynchronous copies, several
// steps ahead, and what a warp multiplies is loaded one part ahead; a swizzle keeps the matrix
// loads free of bank conflicts. mma.sync, so sm_80 and up.

#include "gemm.h"

#include <tl/autotune.h>

using namespace tl::keywords;

struct hgemm_config {
  int block_m = 128, block_n = 128; ///< tile of a block
  int warps_m = 2, warps_n = 2;     ///< warps that share it
  int stages = 2;                   ///< steps on their way at a time
  int group = 1;                    ///< rows of blocks that run side by side, for the cache
};

constexpr int shared_bytes(hgemm_config c) { return c.stages * (c.block_m + c.block_n) * step * 2; }

/// 24 of them with the default one.
constexpr auto hgemm_space = tl::configs_of<hgemm_config>({
    {128, 128, 2, 2, 2, 1}, {128, 128, 2, 2, 3, 1}, {128, 128, 2, 2, 3, 8}, {128, 128, 2, 2, 4, 8},
    {128, 128, 2, 4, 3, 8}, {128, 128, 4, 2, 3, 8}, {128, 128, 2, 4, 4, 8}, {128, 128, 4, 2, 4, 4},
    {128, 256, 2, 4, 3, 8}, {128, 256, 2, 4, 4, 8}, {128, 256, 2, 4, 3, 4}, {128, 256, 2, 4, 4, 16},
    {256, 128, 4, 2, 3, 8}, {256, 128, 4, 2, 4, 8}, {256, 128, 4, 2, 3, 4}, {256, 128, 4, 2, 4, 16},
    {64, 128, 2, 2, 3, 8},  {64, 128, 2, 2, 4, 8},  {128, 64, 2, 2, 4, 8},  {64, 64, 2, 2, 4, 8},
    {64, 256, 1, 4, 3, 8},  {64, 256, 1, 4, 4, 8},  {256, 64, 4, 1, 4, 8},  {128, 128, 2, 2, 5, 8},
});

__device__ inline void load_matrices(std::uint32_t (&to)[4], std::uint32_t from) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from)
               : "memory");
}

__device__ inline void multiply(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                std::uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
               "{%8,%9}, {%0,%1,%2,%3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Sizes are multiples of the tiles.
template <hgemm_config Cfg>
__global__ void __launch_bounds__(32 * Cfg.warps_m * Cfg.warps_n)
    hgemm_kernel(int m, int n, int k, const __half *a, const __half *b, __half *c) {
  constexpr int threads = 32 * Cfg.warps_m * Cfg.warps_n;
  constexpr int warp_m = Cfg.block_m / Cfg.warps_m, warp_n = Cfg.block_n / Cfg.warps_n;
  constexpr int tiles_m = warp_m / 16, tiles_n = warp_n / 8;
  constexpr std::uint32_t bytes_a = Cfg.block_m * step * 2, bytes_b = Cfg.block_n * step * 2;
  extern __shared__ __align__(1024) unsigned char shared[];
  const auto base = static_cast<std::uint32_t>(__cvta_generic_to_shared(shared));
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;

  const auto [block_row, block_column] =
      position_of(static_cast<int>(blockIdx.x), m / Cfg.block_m, n / Cfg.block_n, Cfg.group);
  a += static_cast<std::size_t>(block_row) * Cfg.block_m * k;
  b += static_cast<std::size_t>(block_column) * Cfg.block_n * k;
  const int row0 = warp / Cfg.warps_n * warp_m, column0 = warp % Cfg.warps_n * warp_n;
  const int steps = k / step;

  const auto fetch = [&](int at) {
    if (at < steps) {
      const std::uint32_t stage =
          base + static_cast<std::uint32_t>(at % Cfg.stages) * (bytes_a + bytes_b);
      copy_tile<Cfg.block_m, threads>(stage, a + at * step, k, thread);
      copy_tile<Cfg.block_n, threads>(stage + bytes_a, b + at * step, k, thread);
    }
    // Also when there is nothing to fetch: the count of groups is what tells how far copies are.
    commit_copies();
  };
#pragma unroll
  for (int s = 0; s < Cfg.stages - 1; ++s)
    fetch(s);

  // Two sets of matrices: one is multiplied while the other one is loaded.
  constexpr int parts = step / 16;
  std::uint32_t left[2][tiles_m][4], right[2][tiles_n / 2][4];
  std::uint32_t tile_a = base;
  const auto load = [&](int part) {
    const std::uint32_t tile_b = tile_a + bytes_a;
#pragma unroll
    for (int i = 0; i < tiles_m; ++i)
      load_matrices(left[part % 2][i],
                    swizzled(tile_a, row0 + i * 16 + lane % 16, part * 2 + lane / 16));
#pragma unroll
    for (int j = 0; j < tiles_n / 2; ++j)
      load_matrices(
          right[part % 2][j],
          swizzled(tile_b, column0 + j * 16 + lane % 8 + lane / 16 * 8, part * 2 + lane / 8 % 2));
  };
  wait_copies<Cfg.stages - 2>();
  __syncthreads();
  load(0);

  float sum[tiles_m][tiles_n][4] = {};
  for (int at = 0; at < steps; ++at) {
#pragma unroll
    for (int part = 0; part < parts; ++part) {
      if (part == 0)
        fetch(at + Cfg.stages - 1); // over the step before, which all have left
      if (part < parts - 1) {
        load(part + 1);
      } else {
        // The next step has arrived, and everybody has loaded all of this one. After the last one
        // this loads what nobody uses.
        wait_copies<Cfg.stages - 2>();
        __syncthreads();
        tile_a = (at + 1) % Cfg.stages == 0 ? base : tile_a + bytes_a + bytes_b;
        load(0);
      }
#pragma unroll
      for (int i = 0; i < tiles_m; ++i)
#pragma unroll
        for (int j = 0; j < tiles_n; ++j)
          multiply(sum[i][j], left[part % 2][i], right[part % 2][j / 2][j % 2 * 2],
                   right[part % 2][j / 2][j % 2 * 2 + 1]);
    }
  }

  c += (static_cast<std::size_t>(block_row) * Cfg.block_m + row0) * n + block_column * Cfg.block_n +
       column0;
#pragma unroll
  for (int i = 0; i < tiles_m; ++i)
    store_rows<warp_n>(sum[i], c + static_cast<std::size_t>(i) * 16 * n, n, lane);
}

template <hgemm_config Cfg = hgemm_config{}>
TL_AUTOTUNE(configs = hgemm_space, timeout = 10)
void hgemm(int m, int n, int k, const __half *a, const __half *b, __half *c, cudaStream_t stream) {
  // Once per variant is enough; it costs a microsecond each time otherwise.
  static const cudaError_t allowed = cudaFuncSetAttribute(
      hgemm_kernel<Cfg>, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes(Cfg));
  if (allowed == cudaSuccess)
    hgemm_kernel<Cfg><<<m / Cfg.block_m *(n / Cfg.block_n), 32 * Cfg.warps_m * Cfg.warps_n,
                        shared_bytes(Cfg), stream>>>(m, n, k, a, b, c);
}

int main(int argc, char **argv) {
  return check_gemm(
      "hgemm", argc, argv,
      [](int m, int n, int k, const __half *a, const __half *b, __half *c, cudaStream_t stream) {
        hgemm(m, n, k, a, b, c, stream);
      },
      [](int m, int n, int k, const __half *a, const __half *b, __half *c, cudaStream_t stream) {
        hgemm<hgemm_config{}>(m, n, k, a, b, c, stream);
      });
}
