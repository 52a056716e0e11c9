// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels as people write them for nvcc (kernels.h has those that are tuned, too). Compiled by
// Clang alone, by Clang with the plugin, and by nvcc, they show what the device compiler is worth
// (docs/cuda-performance.md). Prints "kernel <name> <ms> <sum of the results>" lines; the sums of
// all compilers have to agree. utils/gpu-check runs it.

#include "utils/bench/gpu/kernels.h"

namespace {

// ---- matrix products ----

/// A thread has one 8 x 8 tile. Loops are left as they are: no pragma says what to unroll.
constexpr int tile = 128, depth = 8;
__global__ void __launch_bounds__(256)
    register_tiles(int n, const float *a, const float *b, float *c) {
  __shared__ float tile_a[depth * tile], tile_b[depth * tile];
  const int row = threadIdx.x / 16, column = threadIdx.x % 16;
  a += blockIdx.y * tile * n;
  b += blockIdx.x * tile;
  c += blockIdx.y * tile * n + blockIdx.x * tile;
  float sum[8 * 8] = {0}, left[8], right[8];
  for (int at = 0; at < n; at += depth) {
    const int ra = threadIdx.x / 2, qa = threadIdx.x % 2, rb = threadIdx.x / 32,
              qb = threadIdx.x % 32;
    const float4 t = reinterpret_cast<const float4 *>(&a[ra * n + at + qa * 4])[0];
    tile_a[(qa * 4 + 0) * tile + ra] = t.x;
    tile_a[(qa * 4 + 1) * tile + ra] = t.y;
    tile_a[(qa * 4 + 2) * tile + ra] = t.z;
    tile_a[(qa * 4 + 3) * tile + ra] = t.w;
    reinterpret_cast<float4 *>(&tile_b[rb * tile + qb * 4])[0] =
        reinterpret_cast<const float4 *>(&b[(at + rb) * n + qb * 4])[0];
    __syncthreads();
    for (int p = 0; p < depth; ++p) {
      for (int i = 0; i < 8; ++i)
        left[i] = tile_a[p * tile + row * 8 + i];
      for (int j = 0; j < 8; ++j)
        right[j] = tile_b[p * tile + column * 8 + j];
      for (int i = 0; i < 8; ++i)
        for (int j = 0; j < 8; ++j)
          sum[i * 8 + j] += left[i] * right[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; j += 4) {
      float4 it;
      it.x = sum[i * 8 + j];
      it.y = sum[i * 8 + j + 1];
      it.z = sum[i * 8 + j + 2];
      it.w = sum[i * 8 + j + 3];
      reinterpret_cast<float4 *>(&c[(row * 8 + i) * n + column * 8 + j])[0] = it;
    }
}

// ---- kernels that move data ----

/// Through a tile of float4s in shared memory.
__global__ void __launch_bounds__(256) swap_quarters(const float4 *in, float4 *out) {
  __shared__ float staged[4][1024];
  const int at = blockIdx.x * 1024 + threadIdx.x;
  for (int i = 0; i < 4; ++i)
    *reinterpret_cast<float4 *>(&staged[i][threadIdx.x * 4]) = in[at + i * 256];
  __syncthreads();
  for (int i = 0; i < 4; ++i)
    out[at + i * 256] = *reinterpret_cast<float4 *>(&staged[3 - i][(255 - threadIdx.x) * 4]);
}

// ---- kernels that compute ----

__constant__ float4 atoms[1024];

/// Eight grid points a thread.
__global__ void __launch_bounds__(128) coulomb(float *out, int width) {
  const float x = (blockIdx.x * 128 + threadIdx.x) * 0.1f, y = blockIdx.y * 0.1f;
  float energy[8] = {0};
  for (int a = 0; a < 1024; ++a) {
    const float dx = x - atoms[a].x, dy = y - atoms[a].y, plane = dx * dx + dy * dy + 0.01f;
    for (int z = 0; z < 8; ++z) {
      const float dz = z * 0.1f - atoms[a].z;
      energy[z] += atoms[a].w * rsqrt(plane + dz * dz);
    }
  }
  for (int z = 0; z < 8; ++z)
    out[(z * gridDim.y + blockIdx.y) * width + blockIdx.x * 128 + threadIdx.x] = energy[z];
}

__constant__ float taps[17];

/// Rows of a separable convolution, eight results a thread out of one window in registers.
__global__ void __launch_bounds__(128) convolution(const float *in, float *out, int width) {
  __shared__ float line[128 * 8 + 16];
  const float *row = in + blockIdx.y * (width + 16) + blockIdx.x * 1024;
  for (int i = threadIdx.x; i < 128 * 8 + 16; i += 128)
    line[i] = row[i];
  __syncthreads();
  float window[8 + 16], sum[8] = {0};
  for (int i = 0; i < 24; ++i)
    window[i] = line[threadIdx.x * 8 + i];
  for (int t = 0; t < 17; ++t)
    for (int i = 0; i < 8; ++i)
      sum[i] += taps[t] * window[t + i];
  for (int i = 0; i < 8; i += 4)
    *reinterpret_cast<float4 *>(
        &out[blockIdx.y * width + blockIdx.x * 1024 + threadIdx.x * 8 + i]) =
        make_float4(sum[i], sum[i + 1], sum[i + 2], sum[i + 3]);
}

// ---- the program ----

template <class T, class Call>
void time_kernel(bench &on, const char *name, const buffer<T> &results, Call &&call) {
  const auto [ms] = on.times(call);
  std::printf("kernel %s %.4f %.9g\n", name, ms, sum_of(results));
}

void run_products(bench &on) {
  const int n = 4096;
  buffer<float> a(some_values(std::size_t(n) * n)), b(some_values(std::size_t(n) * n, 2)),
      c(std::size_t(n) * n);
  const dim3 grid(n / tile, n / tile);
  time_kernel(on, "register_tiles", c,
              [&] { register_tiles<<<grid, 256, 0, on.stream>>>(n, a, b, c); });
  time_kernel(on, "warp_tiles", c,
              [&] { warp_tiles<warp_config{}><<<grid, 128, 0, on.stream>>>(n, a, b, c); });
}

void run_copies(bench &on) {
  const std::size_t count = std::size_t(1) << 26;
  buffer<float> in(some_values(count)), out(count);
  const auto *from = reinterpret_cast<const float4 *>(in.data());
  auto *to = reinterpret_cast<float4 *>(out.data());
  const int blocks = static_cast<int>(count / 4 / 1024);
  time_kernel(on, "row_softmax", out,
              [&] { row_softmax<row_config{}><<<blocks, 256, 0, on.stream>>>(from, to); });
  time_kernel(on, "swap_quarters", out,
              [&] { swap_quarters<<<blocks, 256, 0, on.stream>>>(from, to); });

  const std::vector<float> some = some_values(count / 2);
  buffer<__nv_bfloat16> halves(std::vector<__nv_bfloat16>(some.begin(), some.end())),
      results(count / 2);
  time_kernel(on, "layer_norm_backward", results, [&] {
    layer_norm_backward<norm_config{}>
        <<<static_cast<int>(count / 2 / 2048 / 8), 256, 0, on.stream>>>(halves, halves + 2048,
                                                                        halves, results);
  });
}

void run_sums(bench &on) {
  const std::vector<float> some = some_values(4096, 3);
  CHECK(cudaMemcpyToSymbol(atoms, some.data(), sizeof(float4) * 1024));
  CHECK(cudaMemcpyToSymbol(taps, some.data(), sizeof(float) * 17));
  const int width = 4096, rows = 4096;
  buffer<float> in(some_values(std::size_t(width + 16) * rows)), out(std::size_t(width) * rows);
  time_kernel(on, "coulomb", out,
              [&] { coulomb<<<dim3(width / 128, rows / 8), 128, 0, on.stream>>>(out, width); });
  time_kernel(on, "convolution", out, [&] {
    convolution<<<dim3(width / 1024, rows), 128, 0, on.stream>>>(in, out, width);
  });
}

} // namespace

int main() {
  bench on;
  run_products(on);
  run_copies(on);
  run_sums(on);
}
