// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels whose variants are compiled when a session asks for them, for utils/gpu-check: the matrix
// multiply of docs/examples/cuda/sgemm.cu with more tunables, more than a hundred thousand configs,
// and the softmax of docs/examples/cuda/softmax.cu with all of its configs on demand. -DSUBSET:
// about three thousand configs of the matrix multiply, all of them compiled with the program.
// -DCOMPARED={...},{...}: prints what each of these configs takes, by turns.

#define main softmax_main
#define softmax softmax_ahead // the example's own, compiled ahead of time and never called
#include "docs/examples/cuda/softmax.cu"
#undef softmax
#undef main

#include <cstring>

struct gemm_config {
  int block_m = 64, block_n = 64; ///< tile of a block
  int block_k = 16;               ///< depth of a step
  int thread_m = 4, thread_n = 4; ///< tile of a thread
  int padding = 4;                ///< behind a column of A in shared memory [floats]
  int unroll = 4;                 ///< of the steps along k
  int blocks = 1;                 ///< per multiprocessor, at least
  int group = 1;                  ///< rows of blocks that are walked together
  bool ahead = true;              ///< loads the next step's tiles while this one computes
};

constexpr int threads_of(gemm_config c) {
  return c.block_m / c.thread_m * (c.block_n / c.thread_n);
}

constexpr bool fits(gemm_config c) {
  const int threads = threads_of(c);
  return threads >= 64 && threads <= 512 && threads * c.blocks <= 2048 &&
         // Static shared memory ends at 48 KiB, and a multiprocessor's at 227.
         c.block_k * (c.block_m + c.padding + c.block_n) * 4 <= 48 * 1024 &&
         c.block_k * (c.block_m + c.padding + c.block_n) * 4 * c.blocks <= 227 * 1024 &&
         // Every thread copies whole float4s of both tiles.
         c.block_m * c.block_k % (4 * threads) == 0 && c.block_k * c.block_n % (4 * threads) == 0 &&
         c.block_m % c.thread_m == 0 && c.block_n % c.thread_n == 0 && c.unroll <= c.block_k;
}

#ifdef SUBSET
constexpr auto gemms = tl::space<gemm_config>()
                           .axis(&gemm_config::block_m, {64, 128, 256})
                           .axis(&gemm_config::block_n, {64, 128, 256})
                           .axis(&gemm_config::block_k, {8, 16, 32})
                           .axis(&gemm_config::thread_m, {8, 16})
                           .axis(&gemm_config::thread_n, {4, 8})
                           .axis(&gemm_config::padding, {4, 8})
                           .axis(&gemm_config::unroll, {4, 8, 16})
                           .axis(&gemm_config::blocks, {1, 2})
                           .axis(&gemm_config::group, {1, 8})
                           .axis(&gemm_config::ahead, {false, true})
                           .where(fits);
#define CONFIGS gemms
#else
constexpr auto gemms = tl::space<gemm_config>()
                           .axis(&gemm_config::block_m, {16, 32, 64, 128, 256})
                           .axis(&gemm_config::block_n, {32, 64, 128, 256})
                           .axis(&gemm_config::block_k, {8, 16, 32, 64})
                           .axis(&gemm_config::thread_m, {4, 8, 16})
                           .axis(&gemm_config::thread_n, {4, 8, 16})
                           .axis(&gemm_config::padding, {4, 8, 12, 16})
                           .axis(&gemm_config::unroll, {1, 2, 4, 8, 16, 32})
                           .axis(&gemm_config::blocks, {1, 2, 3, 4})
                           .axis(&gemm_config::group, {1, 2, 4, 8, 16})
                           .axis(&gemm_config::ahead, {false, true})
                           .where(fits);
#define CONFIGS tl::on_demand(gemms)
#endif

template <gemm_config C>
__global__ void __launch_bounds__(threads_of(C), C.blocks)
    gemm_kernel(int m, int n, int k, const float *a, const float *b, float *c) {
  constexpr int threads = threads_of(C);
  constexpr int columns = C.block_n / C.thread_n; // of threads
  __shared__ alignas(16) float tile_a[C.block_k][C.block_m + C.padding];
  __shared__ alignas(16) float tile_b[C.block_k][C.block_n];
  constexpr int loads_a = C.block_m * C.block_k / 4 / threads;
  constexpr int loads_b = C.block_k * C.block_n / 4 / threads;
  const int thread = static_cast<int>(threadIdx.x);
  const int row = thread / columns, column = thread % columns;
  const int wide = n / C.block_n, high = m / C.block_m;
  const int block = static_cast<int>(blockIdx.x);
  const int first = block / (C.group * wide) * C.group;
  const int rows = high - first < C.group ? high - first : C.group;
  const int block_y = first + block % (C.group * wide) % rows;
  const int block_x = block % (C.group * wide) / rows;
  a += static_cast<std::size_t>(block_y) * C.block_m * k;
  b += block_x * C.block_n;
  float4 next_a[loads_a], next_b[loads_b];
  const auto fetch = [&](int at) {
#pragma unroll
    for (int i = 0; i < loads_a; ++i) {
      const int index = thread + i * threads;
      next_a[i] = *reinterpret_cast<const float4 *>(
          a + static_cast<std::size_t>(index / (C.block_k / 4)) * k + at +
          4 * (index % (C.block_k / 4)));
    }
#pragma unroll
    for (int i = 0; i < loads_b; ++i) {
      const int index = thread + i * threads;
      next_b[i] = *reinterpret_cast<const float4 *>(
          b + static_cast<std::size_t>(at + index / (C.block_n / 4)) * n +
          4 * (index % (C.block_n / 4)));
    }
  };
  float sum[C.thread_m][C.thread_n] = {};
  if constexpr (C.ahead)
    fetch(0);
  for (int at = 0; at < k; at += C.block_k) {
    if constexpr (!C.ahead)
      fetch(at);
#pragma unroll
    for (int i = 0; i < loads_a; ++i) {
      const int index = thread + i * threads, r = index / (C.block_k / 4),
                q = index % (C.block_k / 4);
      tile_a[4 * q + 0][r] = next_a[i].x;
      tile_a[4 * q + 1][r] = next_a[i].y;
      tile_a[4 * q + 2][r] = next_a[i].z;
      tile_a[4 * q + 3][r] = next_a[i].w;
    }
#pragma unroll
    for (int i = 0; i < loads_b; ++i) {
      const int index = thread + i * threads;
      *reinterpret_cast<float4 *>(&tile_b[index / (C.block_n / 4)][4 * (index % (C.block_n / 4))]) =
          next_b[i];
    }
    __syncthreads();
    if (C.ahead && at + C.block_k < k)
      fetch(at + C.block_k);
#pragma unroll C.unroll
    for (int p = 0; p < C.block_k; ++p) {
      float left[C.thread_m], right[C.thread_n];
#pragma unroll
      for (int i = 0; i < C.thread_m; i += 4)
        *reinterpret_cast<float4 *>(&left[i]) =
            *reinterpret_cast<const float4 *>(&tile_a[p][row * C.thread_m + i]);
#pragma unroll
      for (int j = 0; j < C.thread_n; j += 4)
        *reinterpret_cast<float4 *>(&right[j]) =
            *reinterpret_cast<const float4 *>(&tile_b[p][j * columns + column * 4]);
#pragma unroll
      for (int i = 0; i < C.thread_m; ++i)
#pragma unroll
        for (int j = 0; j < C.thread_n; ++j)
          sum[i][j] += left[i] * right[j];
    }
    __syncthreads();
  }
  c += (static_cast<std::size_t>(block_y) * C.block_m + row * C.thread_m) * n +
       block_x * C.block_n + column * 4;
#pragma unroll
  for (int i = 0; i < C.thread_m; ++i)
#pragma unroll
    for (int j = 0; j < C.thread_n; j += 4)
      *reinterpret_cast<float4 *>(c + static_cast<std::size_t>(i) * n + j * columns) =
          make_float4(sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
}

template <gemm_config C = gemm_config{}>
[[tl::autotune(configs = CONFIGS, timeout = 10)]] void
    gemm(int m, int n, int k, const float *a, const float *b, float *c, cudaStream_t stream) {
  gemm_kernel<C><<<n / C.block_n *(m / C.block_m), threads_of(C), 0, stream>>>(m, n, k, a, b, c);
}

template <softmax_config C = softmax_config{}>
[[tl::autotune(configs = tl::on_demand(softmax_space),
               tolerance = {.rtol = 1e-3, .atol = 1e-7})]] void
    softmax(int rows, const float *in, float *out, cudaStream_t stream) {
  softmax_kernel<C>
      <<<(rows + C.rows - 1) / C.rows, dim3(C.threads, C.rows), 0, stream>>>(rows, in, out);
}

static void run_gemm() {
  const int m = 4096, n = 4096, k = 4096;
  const std::vector<float> a = some_values(std::size_t(m) * k),
                           b = some_values(std::size_t(k) * n, 2);
  buffer<float> da(a), db(b), dc(std::size_t(m) * n);
  bench on;
  gemm(m, n, k, da, db, dc, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> result = dc.to_host();
  const auto position = [&](std::size_t i) { return i * 8388593 % result.size(); };
  expect_close(
      "gemm", 500, [&](std::size_t i) { return result[position(i)]; },
      [&](std::size_t i) {
        double sum = 0;
        for (int p = 0; p < k; ++p)
          sum += static_cast<double>(a[position(i) / n * k + p]) *
                 b[std::size_t(p) * n + position(i) % n];
        return sum;
      },
      1e-3, 1e-3);
  blas library(on.stream);
  const auto [before, after, best] =
      on.times([&] { gemm<gemm_config{}>(m, n, k, da, db, dc, on.stream); },
               [&] { gemm(m, n, k, da, db, dc, on.stream); },
               [&] { library &&library.gemm(0, false, m, n, k, da, db, dc); });
  const double flop = 2.0 * m * n * k;
  report("gemm", before, after, 1e-9 * flop / after, "TFLOP/s", library ? 1e-9 * flop / best : 0);
}

#ifdef COMPARED
template <gemm_config... Compared> static void compare() {
  const int n = 4096;
  buffer<float> a(some_values(std::size_t(n) * n)), b(some_values(std::size_t(n) * n, 2)),
      c(std::size_t(n) * n);
  bench on;
  for (const double ms : on.times([&] { gemm<Compared>(n, n, n, a, b, c, on.stream); }...))
    std::printf("compared %.4f ms\n", ms);
}
#endif

static void run_softmax() {
  const int rows = 16384 + 1;
  const std::vector<float> in = some_values(std::size_t(rows) * columns);
  buffer<float> din(in), dout(in.size());
  bench on;
  softmax(rows, din, dout, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> result = dout.to_host();
  std::vector<double> sums(rows);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c)
      sums[r] += std::exp(static_cast<double>(in[std::size_t(r) * columns + c]));
  expect_close(
      "softmax", in.size(), [&](std::size_t i) { return result[i]; },
      [&](std::size_t i) { return std::exp(static_cast<double>(in[i])) / sums[i / columns]; }, 1e-4,
      1e-9);
  const auto [before, after] =
      on.times([&] { softmax<softmax_config{}>(rows, din, dout, on.stream); },
               [&] { softmax(rows, din, dout, on.stream); });
  report("softmax", before, after, 8e-6 * static_cast<double>(in.size()) / after, "GB/s",
         on.copy_bandwidth());
}

/// "count" needs no device.
int main(int, char **argv) {
#ifdef COMPARED
  compare<COMPARED>();
  return 0;
#endif
  if (std::strcmp(argv[1], "count") == 0)
    std::printf("%zu configs\n", static_cast<std::size_t>(gemms.size()));
  else
    std::strcmp(argv[1], "gemm") == 0 ? run_gemm() : run_softmax();
}
