// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One source for CUDA, HIP and the CPU: for each of n points in the plane the sum of 1 / (1 + d^2)
// over its distances d to all others, which is where t-SNE spends its time. What is written once is
// the block of points that one thread, or one turn of a loop, works on; its size pays off
// everywhere, and nowhere the same.

#include <tl/autotune.h>
#include <tl/bench.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

// What differs: how memory is got that both sides see, and what a kernel is. (Without its bounds,
// AMD's compiler keeps registers for 1024 threads of a block, and spills 32 points.)
#if defined(__HIP__)
#include <hip/hip_runtime.h>
#define ON_DEVICE __device__
#define KERNEL(threads) __global__ __launch_bounds__(threads)
static constexpr int usual_size = 1 << 16;
static float *make_floats(std::size_t count) {
  void *made = nullptr;
  return hipMallocManaged(&made, count * sizeof(float)) == hipSuccess ? static_cast<float *>(made)
                                                                      : nullptr;
}
static bool finished() { return hipDeviceSynchronize() == hipSuccess; }
#elif defined(__CUDA__)
#define ON_DEVICE __device__
#define KERNEL(threads) __global__ __launch_bounds__(threads)
static constexpr int usual_size = 1 << 16;
static float *make_floats(std::size_t count) {
  void *made = nullptr;
  return cudaMallocManaged(&made, count * sizeof(float)) == cudaSuccess ? static_cast<float *>(made)
                                                                        : nullptr;
}
static bool finished() { return cudaDeviceSynchronize() == cudaSuccess; }
#else
#define ON_DEVICE
#define KERNEL(threads) static
static constexpr int usual_size = 1 << 12;
static float *make_floats(std::size_t count) { return new float[count]; }
static bool finished() { return true; }
#endif

using namespace tl::keywords;

struct repulsion_config {
  int points = 1;    ///< that one thread keeps in registers
  int unroll = 1;    ///< other points per turn
  int threads = 128; ///< per block, on a GPU
};

constexpr auto repulsion_space = tl::space<repulsion_config>()
                                     .axis(&repulsion_config::points, {1, 2, 4, 8, 16, 32})
                                     .axis(&repulsion_config::unroll, {1, 2, 4})
#if defined(__HIP__) || defined(__CUDA__)
                                     .axis(&repulsion_config::threads, {64, 128, 256})
#endif
    ;

/// Points [first, first + C.points), against all n.
template <repulsion_config C>
ON_DEVICE inline void block_of_points(int first, int n, const float *x, const float *y,
                                      float *sums) {
  float own_x[C.points], own_y[C.points], sum[C.points] = {};
  for (int p = 0; p < C.points; ++p) {
    const int i = first + p < n ? first + p : n - 1;
    own_x[p] = x[i];
    own_y[p] = y[i];
  }
  const auto add = [&](int j) {
    for (int p = 0; p < C.points; ++p) {
      const float dx = own_x[p] - x[j], dy = own_y[p] - y[j];
      sum[p] += 1.0f / (1.0f + dx * dx + dy * dy);
    }
  };
  int j = 0;
  for (; j + C.unroll <= n; j += C.unroll)
#pragma unroll
    for (int u = 0; u < C.unroll; ++u)
      add(j + u);
  for (; j < n; ++j)
    add(j);
  for (int p = 0; p < C.points; ++p)
    if (first + p < n)
      sums[first + p] = sum[p];
}

template <repulsion_config C>
KERNEL(C.threads)
void repulsion_kernel(int n, tl::in<float> x, tl::in<float> y, tl::out<float> sums) {
#if defined(__HIP__) || defined(__CUDA__)
  const int thread = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  block_of_points<C>(thread * C.points, n, x.pointer, y.pointer, sums.pointer);
#else
  for (int first = 0; first < n; first += C.points)
    block_of_points<C>(first, n, x.pointer, y.pointer, sums.pointer);
#endif
}

using repulsion_launch = tl::kernel<void(tl::in<float>, tl::in<float>, tl::out<float>)>;

template <repulsion_config C = repulsion_config{}>
TL_AUTOTUNE(configs = repulsion_space, timeout = 10)
repulsion_launch repulsion(int n) {
  constexpr int per_block = C.points * C.threads;
  return repulsion_launch(repulsion_kernel<C>, n)
      .grid(static_cast<unsigned>((n + per_block - 1) / per_block))
      .block(C.threads);
}

int main(int argc, char **argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : usual_size;
  if (n <= 0) {
    std::fprintf(stderr, "usage: %s [points], expected a positive number\n", argv[0]);
    return 2;
  }
  const auto count = static_cast<std::size_t>(n);
  float *x = make_floats(count), *y = make_floats(count), *sums = make_floats(count);
  if (!x || !y || !sums) {
    std::fprintf(stderr, "repulsion: no memory for %d points\n", n);
    return 1;
  }
  unsigned state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    x[i] = static_cast<float>(state >> 8) * (8.0f / 16777216.0f);
    state = state * 1664525u + 1013904223u;
    y[i] = static_cast<float>(state >> 8) * (8.0f / 16777216.0f);
  }

  const tl::in<float> from_x(x, count), from_y(y, count);
  const tl::out<float> to(sums, count);
  auto tuned = repulsion(n);
  auto untuned = repulsion<repulsion_config{}>(n);
  tuned(from_x, from_y, to); // the first launch finds the winner and runs it
  if (!finished())
    return 1;
  for (int i = 0; i < n; i += n / 16 + 1) {
    double expected = 0;
    for (int j = 0; j < n; ++j)
      expected += 1 / (1 + std::pow(double(x[i]) - x[j], 2) + std::pow(double(y[i]) - y[j], 2));
    if (std::abs(sums[i] - expected) > 1e-4 * expected) {
      std::fprintf(stderr, "repulsion: sum %d is %g, expected %g\n", i, double(sums[i]), expected);
      return 1;
    }
  }
  std::printf("repulsion: results are right\n");

  const double before = 1e-6 * tl::bench([&] { untuned(from_x, from_y, to); }).median_ns;
  const double after = 1e-6 * tl::bench([&] { tuned(from_x, from_y, to); }).median_ns;
  std::printf("repulsion: default %.4f ms, tuned %.4f ms, speed-up %.2f, %.1f G pairs/s\n", before,
              after, before / after, 1e-6 * n * n / after);
}
