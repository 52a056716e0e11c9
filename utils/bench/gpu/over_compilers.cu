// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels in the style of those that people write for nvcc, each tuned three times: by Clang, by
// nvcc, and over both (`compilers`). Prints "kernel <name> <clang ms> <nvcc ms> <both ms> <sum of
// the results, three times>" lines; with TL_TUNE=off those of the default configs. The times of a
// line were taken in turns. utils/gpu-check runs it.

#include "utils/bench/gpu/kernels.h"

#include <tl/autotune.h>

// A kernel's launch, tuned by one compiler, by the other, and by both.
#define TUNE(name, config, parameters, arguments, ...)                                             \
  template <config C = config{}>                                                                   \
  [[tl::autotune(__VA_ARGS__, compilers = {tl::clang()})]] void name##_by_clang parameters {       \
    launch_##name<C> arguments;                                                                    \
  }                                                                                                \
  template <config C = config{}>                                                                   \
  [[tl::autotune(__VA_ARGS__, compilers = {tl::nvcc()})]] void name##_by_nvcc parameters {         \
    launch_##name<C> arguments;                                                                    \
  }                                                                                                \
  template <config C = config{}>                                                                   \
  [[tl::autotune(__VA_ARGS__,                                                                      \
                 compilers = {tl::clang(), tl::nvcc()})]] void name##_by_both parameters {         \
    launch_##name<C> arguments;                                                                    \
  }

// ---- matrix products ----

struct register_config {
  int m = 8, n = 8, depth = 8;
};

/// 16 x 16 threads, each with a tile of m x n.
template <register_config C>
__global__ void __launch_bounds__(256)
    register_tiles(int n, const float *a, const float *b, float *c) {
  constexpr int tile_m = 16 * C.m, tile_n = 16 * C.n;
  __shared__ float tile_a[C.depth][tile_m], tile_b[C.depth][tile_n];
  const int row = threadIdx.x / 16, column = threadIdx.x % 16;
  a += blockIdx.y * tile_m * n;
  b += blockIdx.x * tile_n;
  c += blockIdx.y * tile_m * n + blockIdx.x * tile_n;
  float sum[C.m * C.n] = {0}, left[C.m], right[C.n];
  for (int at = 0; at < n; at += C.depth) {
    for (int i = threadIdx.x; i < tile_m * C.depth / 4; i += 256) {
      const int r = i / (C.depth / 4), q = i % (C.depth / 4);
      const float4 t = *reinterpret_cast<const float4 *>(&a[r * n + at + q * 4]);
      tile_a[q * 4 + 0][r] = t.x;
      tile_a[q * 4 + 1][r] = t.y;
      tile_a[q * 4 + 2][r] = t.z;
      tile_a[q * 4 + 3][r] = t.w;
    }
    for (int i = threadIdx.x; i < tile_n * C.depth / 4; i += 256) {
      const int r = i / (tile_n / 4), q = i % (tile_n / 4);
      *reinterpret_cast<float4 *>(&tile_b[r][q * 4]) =
          *reinterpret_cast<const float4 *>(&b[(at + r) * n + q * 4]);
    }
    __syncthreads();
    for (int p = 0; p < C.depth; ++p) {
      for (int i = 0; i < C.m; ++i)
        left[i] = tile_a[p][row * C.m + i];
      for (int j = 0; j < C.n; ++j)
        right[j] = tile_b[p][column * C.n + j];
      for (int i = 0; i < C.m; ++i)
        for (int j = 0; j < C.n; ++j)
          sum[i * C.n + j] += left[i] * right[j];
    }
    __syncthreads();
  }
  for (int i = 0; i < C.m; ++i)
    for (int j = 0; j < C.n; j += 4)
      *reinterpret_cast<float4 *>(&c[(row * C.m + i) * n + column * C.n + j]) = make_float4(
          sum[i * C.n + j], sum[i * C.n + j + 1], sum[i * C.n + j + 2], sum[i * C.n + j + 3]);
}

template <register_config C>
void launch_register_tiles(int n, const float *a, const float *b, float *c, cudaStream_t stream) {
  register_tiles<C><<<dim3(n / (16 * C.n), n / (16 * C.m)), 256, 0, stream>>>(n, a, b, c);
}
TUNE(register_tiles, register_config,
     (int n, const float *a, const float *b, float *c, cudaStream_t stream), (n, a, b, c, stream),
     configs = tl::space<register_config>()
                   .axis(&register_config::m, {4, 8})
                   .axis(&register_config::n, {4, 8})
                   .axis(&register_config::depth, {8, 16}))

template <warp_config C>
void launch_warp_tiles(int n, const float *a, const float *b, float *c, cudaStream_t stream) {
  warp_tiles<C><<<dim3(n / 128, n / 128), 128, 0, stream>>>(n, a, b, c);
}
TUNE(warp_tiles, warp_config,
     (int n, const float *a, const float *b, float *c, cudaStream_t stream), (n, a, b, c, stream),
     {4, 8}, {1, 8}, {2, 8}, {4, 4}, {2, 4})

// ---- kernels that move data ----

template <row_config C>
void launch_row_softmax(int rows, const float4 *in, float4 *out, cudaStream_t stream) {
  row_softmax<C><<<rows, 1024 / C.parts, 0, stream>>>(in, out);
}
TUNE(row_softmax, row_config, (int rows, const float4 *in, float4 *out, cudaStream_t stream),
     (rows, in, out, stream),
     configs = tl::space<row_config>().axis(&row_config::parts, {1, 2, 4, 8, 16}))

template <norm_config C>
void launch_layer_norm_backward(int rows, const __nv_bfloat16 *in, const __nv_bfloat16 *gradient,
                                const __nv_bfloat16 *weight, __nv_bfloat16 *out,
                                cudaStream_t stream) {
  layer_norm_backward<C><<<rows / C.warps, 32 * C.warps, 0, stream>>>(in, gradient, weight, out);
}
TUNE(layer_norm_backward, norm_config,
     (int rows, const __nv_bfloat16 *in, const __nv_bfloat16 *gradient, const __nv_bfloat16 *weight,
      __nv_bfloat16 *out, cudaStream_t stream),
     (rows, in, gradient, weight, out, stream),
     configs = tl::space<norm_config>().axis(&norm_config::warps, {2, 4, 8, 16}))

struct swap_config {
  int threads = 256, parts = 4;
};

/// Through a tile of float4s in shared memory.
template <swap_config C>
__global__ void __launch_bounds__(C.threads) swap_parts(const float4 *in, float4 *out) {
  __shared__ float staged[C.parts][C.threads * 4];
  const int at = blockIdx.x * C.threads * C.parts + threadIdx.x;
  for (int i = 0; i < C.parts; ++i)
    *reinterpret_cast<float4 *>(&staged[i][threadIdx.x * 4]) = in[at + i * C.threads];
  __syncthreads();
  for (int i = 0; i < C.parts; ++i)
    out[at + i * C.threads] = *reinterpret_cast<float4 *>(&staged[i][(threadIdx.x ^ 16) * 4]);
}

template <swap_config C>
void launch_swap_parts(int count, const float4 *in, float4 *out, cudaStream_t stream) {
  swap_parts<C><<<count / (C.threads * C.parts), C.threads, 0, stream>>>(in, out);
}
TUNE(swap_parts, swap_config, (int count, const float4 *in, float4 *out, cudaStream_t stream),
     (count, in, out, stream),
     configs = tl::space<swap_config>()
                   .axis(&swap_config::threads, {128, 256})
                   .axis(&swap_config::parts, {1, 2, 4}))

struct stencil_config {
  int x = 32, y = 8, z = 16;
};

/// Seven points of a cube; a thread walks along z with three planes in registers.
template <stencil_config C>
__global__ void __launch_bounds__(C.x *C.y) seven_points(int n, const float *in, float *out) {
  const int x = blockIdx.x * C.x + threadIdx.x, y = blockIdx.y * C.y + threadIdx.y,
            from = blockIdx.z * C.z;
  if (x == 0 || y == 0 || x >= n - 1 || y >= n - 1)
    return;
  const int plane = n * n;
  const float *at = in + (from * n + y) * n + x;
  float below = from > 0 ? at[-plane] : 0, here = at[0];
  for (int z = from; z < from + C.z; ++z, at += plane) {
    const float above = z + 1 < n ? at[plane] : 0;
    out[(z * n + y) * n + x] =
        0.4f * here + 0.1f * (below + above + at[-1] + at[1] + at[-n] + at[n]);
    below = here;
    here = above;
  }
}

template <stencil_config C>
void launch_seven_points(int n, const float *in, float *out, cudaStream_t stream) {
  seven_points<C><<<dim3(n / C.x, n / C.y, n / C.z), dim3(C.x, C.y), 0, stream>>>(n, in, out);
}
TUNE(seven_points, stencil_config, (int n, const float *in, float *out, cudaStream_t stream),
     (n, in, out, stream),
     configs = tl::space<stencil_config>()
                   .axis(&stencil_config::x, {32, 64})
                   .axis(&stencil_config::y, {4, 8})
                   .axis(&stencil_config::z, {4, 16, 64}))

// ---- kernels that compute ----

struct points_config {
  int threads = 128, points = 8;
};

static __constant__ float4 atoms[1024]; // one for the code of both compilers

/// The potential of charges on a grid, several points a thread; charges are read by all at once.
template <points_config C>
__global__ void __launch_bounds__(C.threads) coulomb(int count, float *out, int width) {
  const float x = (blockIdx.x * C.threads + threadIdx.x) * 0.1f, y = blockIdx.y * 0.1f;
  float energy[C.points] = {0};
  for (int a = 0; a < count; ++a) {
    const float4 atom = atoms[a];
    const float dx = x - atom.x, dy = y - atom.y, plane = dx * dx + dy * dy + 0.01f;
    for (int z = 0; z < C.points; ++z) {
      const float dz = (blockIdx.z * C.points + z) * 0.1f - atom.z;
      energy[z] += atom.w * rsqrt(plane + dz * dz);
    }
  }
  for (int z = 0; z < C.points; ++z)
    out[((blockIdx.z * C.points + z) * gridDim.y + blockIdx.y) * width + blockIdx.x * C.threads +
        threadIdx.x] = energy[z];
}

template <points_config C>
void launch_coulomb(int count, float *out, int width, cudaStream_t stream) {
  coulomb<C>
      <<<dim3(width / C.threads, 512, 16 / C.points), C.threads, 0, stream>>>(count, out, width);
}
TUNE(coulomb, points_config, (int count, float *out, int width, cudaStream_t stream),
     (count, out, width, stream),
     configs = tl::space<points_config>()
                   .axis(&points_config::threads, {64, 128, 256})
                   .axis(&points_config::points, {4, 8, 16}))

struct window_config {
  int threads = 128, results = 8;
};
struct filter {
  float taps[17];
};

/// Rows of a separable convolution, several results a thread out of one window in registers.
template <window_config C>
__global__ void __launch_bounds__(C.threads)
    convolution(filter with, const float *in, float *out, int width) {
  constexpr int part = C.threads * C.results;
  __shared__ float line[part + 16];
  const float *row = in + blockIdx.y * (width + 16) + blockIdx.x * part;
  for (int i = threadIdx.x; i < part + 16; i += C.threads)
    line[i] = row[i];
  __syncthreads();
  float window[C.results + 16], sum[C.results] = {0};
  for (int i = 0; i < C.results + 16; ++i)
    window[i] = line[threadIdx.x * C.results + i];
  for (int t = 0; t < 17; ++t)
    for (int i = 0; i < C.results; ++i)
      sum[i] += with.taps[t] * window[t + i];
  for (int i = 0; i < C.results; i += 4)
    *reinterpret_cast<float4 *>(
        &out[blockIdx.y * width + blockIdx.x * part + threadIdx.x * C.results + i]) =
        make_float4(sum[i], sum[i + 1], sum[i + 2], sum[i + 3]);
}

template <window_config C>
void launch_convolution(filter with, const float *in, float *out, int width, int rows,
                        cudaStream_t stream) {
  convolution<C>
      <<<dim3(width / (C.threads * C.results), rows), C.threads, 0, stream>>>(with, in, out, width);
}
TUNE(convolution, window_config,
     (filter with, const float *in, float *out, int width, int rows, cudaStream_t stream),
     (with, in, out, width, rows, stream),
     configs = tl::space<window_config>()
                   .axis(&window_config::threads, {64, 128, 256})
                   .axis(&window_config::results, {4, 8, 16}))

struct body_config {
  int threads = 256;
};

/// Gravity between all pairs, by tiles in shared memory.
template <body_config C>
__global__ void __launch_bounds__(C.threads) gravity(int n, const float4 *bodies, float4 *forces) {
  __shared__ float4 tile[C.threads];
  const int i = blockIdx.x * C.threads + threadIdx.x;
  const float4 own = bodies[i];
  float4 sum = make_float4(0, 0, 0, 0);
  for (int at = 0; at < n; at += C.threads) {
    tile[threadIdx.x] = bodies[at + threadIdx.x];
    __syncthreads();
    for (int j = 0; j < C.threads; ++j) {
      const float4 other = tile[j];
      const float dx = other.x - own.x, dy = other.y - own.y, dz = other.z - own.z;
      const float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + 0.01f);
      const float factor = other.w * inverse * inverse * inverse;
      sum.x += dx * factor;
      sum.y += dy * factor;
      sum.z += dz * factor;
    }
    __syncthreads();
  }
  forces[i] = sum;
}

template <body_config C>
void launch_gravity(int n, const float4 *bodies, float4 *forces, cudaStream_t stream) {
  gravity<C><<<n / C.threads, C.threads, 0, stream>>>(n, bodies, forces);
}
TUNE(gravity, body_config, (int n, const float4 *bodies, float4 *forces, cudaStream_t stream),
     (n, bodies, forces, stream),
     configs = tl::space<body_config>().axis(&body_config::threads, {64, 128, 256, 512}))

struct head_config {
  int threads = 64, keys = 16;
};

/// Attention in single precision, heads of 64: a thread has a query and its results in registers.
template <head_config C>
__global__ void __launch_bounds__(C.threads)
    plain_attention(int length, const float *q, const float *k, const float *v, float *out) {
  constexpr int width = 64;
  __shared__ float keys[C.keys][width], values[C.keys][width];
  const size_t head = static_cast<size_t>(blockIdx.y) * length * width;
  const int row = blockIdx.x * C.threads + threadIdx.x;
  float query[width], sum[width] = {0}, scores[C.keys];
  float most = -1e30f, total = 0;
  for (int i = 0; i < width; ++i)
    query[i] = q[head + row * width + i] * 0.125f;
  for (int at = 0; at < length; at += C.keys) {
    for (int i = threadIdx.x; i < C.keys * width; i += C.threads) {
      keys[i / width][i % width] = k[head + at * width + i];
      values[i / width][i % width] = v[head + at * width + i];
    }
    __syncthreads();
    float here = most;
    for (int j = 0; j < C.keys; ++j) {
      scores[j] = 0;
      for (int i = 0; i < width; ++i)
        scores[j] += query[i] * keys[j][i];
      here = fmaxf(here, scores[j]);
    }
    const float shrink = __expf(most - here);
    total *= shrink;
    for (int i = 0; i < width; ++i)
      sum[i] *= shrink;
    for (int j = 0; j < C.keys; ++j) {
      const float weight = __expf(scores[j] - here);
      total += weight;
      for (int i = 0; i < width; ++i)
        sum[i] += weight * values[j][i];
    }
    most = here;
    __syncthreads();
  }
  for (int i = 0; i < width; ++i)
    out[head + row * width + i] = sum[i] / total;
}

template <head_config C>
void launch_plain_attention(int heads, int length, const float *q, const float *k, const float *v,
                            float *out, cudaStream_t stream) {
  plain_attention<C>
      <<<dim3(length / C.threads, heads), C.threads, 0, stream>>>(length, q, k, v, out);
}
TUNE(plain_attention, head_config,
     (int heads, int length, const float *q, const float *k, const float *v, float *out,
      cudaStream_t stream),
     (heads, length, q, k, v, out, stream),
     configs = tl::space<head_config>()
                   .axis(&head_config::threads, {32, 64, 128})
                   .axis(&head_config::keys, {8, 16, 32}))

struct distance_config {
  int threads = 128, rows = 1;
};

/// The expectation of a kernel function between two samples of points with 16 coordinates.
template <distance_config C>
__global__ void __launch_bounds__(C.threads)
    expectation(int n, const float *left, const float *right, float *out) {
  constexpr int width = 16;
  __shared__ float tile[64][width];
  float own[C.rows][width], sum[C.rows] = {0};
  const int first = (blockIdx.x * C.threads + threadIdx.x) * C.rows;
  for (int r = 0; r < C.rows; ++r)
    for (int i = 0; i < width; ++i)
      own[r][i] = left[(first + r) * width + i];
  for (int at = 0; at < n; at += 64) {
    for (int i = threadIdx.x; i < 64 * width; i += C.threads)
      tile[i / width][i % width] = right[at * width + i];
    __syncthreads();
    for (int j = 0; j < 64; ++j)
      for (int r = 0; r < C.rows; ++r) {
        float square = 0;
        for (int i = 0; i < width; ++i) {
          const float d = own[r][i] - tile[j][i];
          square += d * d;
        }
        sum[r] += expf(-square);
      }
    __syncthreads();
  }
  for (int r = 0; r < C.rows; ++r)
    out[first + r] = sum[r] / n;
}

template <distance_config C>
void launch_expectation(int n, const float *left, const float *right, float *out,
                        cudaStream_t stream) {
  expectation<C><<<n / (C.threads * C.rows), C.threads, 0, stream>>>(n, left, right, out);
}
TUNE(expectation, distance_config,
     (int n, const float *left, const float *right, float *out, cudaStream_t stream),
     (n, left, right, out, stream),
     configs = tl::space<distance_config>()
                   .axis(&distance_config::threads, {64, 128, 256})
                   .axis(&distance_config::rows, {1, 2, 4}))

// ---- the program ----

template <class T, class Clang, class Nvcc, class Both>
void compare(bench &on, const char *name, const buffer<T> &results, Clang &&clang, Nvcc &&nvcc,
             Both &&both) {
  double sums[3];
  const auto tune = [&](auto &&call, double &sum) {
    CHECK(cudaMemset(results.data(), 0, results.size() * sizeof(T)));
    call();
    CHECK(cudaStreamSynchronize(on.stream));
    sum = sum_of(results);
  };
  tune(clang, sums[0]);
  tune(nvcc, sums[1]);
  tune(both, sums[2]);
  const auto [a, b, c] = on.times(clang, nvcc, both);
  std::printf("kernel %s %.4f %.4f %.4f %.9g %.9g %.9g\n", name, a, b, c, sums[0], sums[1],
              sums[2]);
  std::fflush(stdout);
}

// What follows the name are the arguments before the stream.
#define COMPARE(results, name, ...)                                                                \
  compare(                                                                                         \
      on, #name, results, [&] { name##_by_clang(__VA_ARGS__, on.stream); },                        \
      [&] { name##_by_nvcc(__VA_ARGS__, on.stream); },                                             \
      [&] { name##_by_both(__VA_ARGS__, on.stream); })

int main() {
  bench on;
  {
    const int n = 4096;
    buffer<float> a(some_values(std::size_t(n) * n)), b(some_values(std::size_t(n) * n, 2)),
        c(std::size_t(n) * n);
    COMPARE(c, register_tiles, n, a.data(), b.data(), c.data());
    COMPARE(c, warp_tiles, n, a.data(), b.data(), c.data());
  }
  {
    const int rows = 16384;
    buffer<float> in(some_values(std::size_t(rows) * 4096)), out(std::size_t(rows) * 4096);
    const auto *from = reinterpret_cast<const float4 *>(in.data());
    auto *to = reinterpret_cast<float4 *>(out.data());
    COMPARE(out, row_softmax, rows, from, to);
    COMPARE(out, swap_parts, rows * 1024, from, to);
  }
  {
    const int rows = 16384;
    const std::vector<float> some = some_values(std::size_t(rows) * 2048);
    buffer<__nv_bfloat16> halves(std::vector<__nv_bfloat16>(some.begin(), some.end())),
        more(some.size()), out(some.size());
    CHECK(cudaMemcpy(more.data(), halves.data(), sizeof(__nv_bfloat16) * some.size(),
                     cudaMemcpyDeviceToDevice));
    COMPARE(out, layer_norm_backward, rows, halves.data(), more.data(), halves.data(), out.data());
  }
  {
    const int n = 512;
    buffer<float> in(some_values(std::size_t(n) * n * n)), out(in.size());
    COMPARE(out, seven_points, n, in.data(), out.data());
  }
  {
    const std::vector<float> charges = some_values(4 * 1024, 3);
    CHECK(cudaMemcpyToSymbol(atoms, charges.data(), sizeof atoms));
    buffer<float> out(std::size_t(4096) * 512 * 16);
    COMPARE(out, coulomb, 1024, out.data(), 4096);
  }
  {
    filter with{};
    for (int i = 0; i < 17; ++i)
      with.taps[i] = 1.0f / (1 + i);
    const int width = 4096, rows = 4096;
    buffer<float> in(some_values(std::size_t(width + 16) * rows)), out(std::size_t(width) * rows);
    COMPARE(out, convolution, with, in.data(), out.data(), width, rows);
  }
  {
    const int n = 65536;
    buffer<float> bodies(some_values(4 * n, 5)), out(4 * n);
    COMPARE(out, gravity, n, reinterpret_cast<const float4 *>(bodies.data()),
            reinterpret_cast<float4 *>(out.data()));
  }
  {
    const int heads = 16, length = 2048;
    const std::size_t count = std::size_t(heads) * length * 64;
    buffer<float> q(some_values(count, 6)), k(some_values(count, 7)), v(some_values(count, 8)),
        out(count);
    COMPARE(out, plain_attention, heads, length, q.data(), k.data(), v.data(), out.data());
  }
  {
    const int n = 32768;
    buffer<float> left(some_values(16 * n, 9)), right(some_values(16 * n, 10)), out(n);
    COMPARE(out, expectation, n, left.data(), right.data(), out.data());
  }
}
