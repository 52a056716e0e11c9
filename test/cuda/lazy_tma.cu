// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launch descriptions on a device: a tiled tensor map whose box is the tunable, an im2col map against
// a direct gather, clusters, programmatic dependent launch, cooperative launch, priority and an L2
// window; a variant over the shared-memory limit is infeasible with the numbers and is never launched.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: transpose right, box={{8|16|32|64}} wins
// CHECK: encoded once
// CHECK: im2col right
// CHECK: attributes right
// CHECK: infeasible: needs 1048576 bytes of dynamic and {{[0-9]+}} bytes of static shared memory in a block, the device allows
// CHECK: supply right

#include <tl/autotune.h>
#include <tl/tma.h>
#include <tl/tuner.h>

#include <cuda_fp16.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace tl::keywords;

#define CHECK(call)                                                                                                    \
  do {                                                                                                                 \
    const cudaError_t error = (call);                                                                                  \
    if (error != cudaSuccess) {                                                                                        \
      std::printf("%s: %s\n", #call, cudaGetErrorString(error));                                                       \
      std::exit(1);                                                                                                    \
    }                                                                                                                  \
  } while (0)

// --- What a kernel does with a map: PTX of compute capability 9.0 -------------------------------------

static __device__ unsigned shared_address(const void *pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

static __device__ void barrier_init(unsigned long long *barrier, unsigned arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

static __device__ void barrier_expect(unsigned long long *barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes)
               : "memory");
}

static __device__ void barrier_wait(unsigned long long *barrier, unsigned phase) {
  unsigned done = 0;
  while (!done)
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
                 : "=r"(done)
                 : "r"(shared_address(barrier)), "r"(phase)
                 : "memory");
}

// --- Tiled ---------------------------------------------------------------------------------------------

struct box_config {
  int box = 8;
};
inline constexpr auto boxes = tl::space<box_config>().axis(&box_config::box, {8, 16, 32, 64});
using transpose_launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;

template <int Box>
__global__ void transpose_kernel(int rows, int columns, const __grid_constant__ CUtensorMap from, float *to) {
  __shared__ alignas(128) float tile[Box * Box];
  __shared__ alignas(8) unsigned long long barrier;
  const int x = static_cast<int>(blockIdx.x) * Box, y = static_cast<int>(blockIdx.y) * Box;
  if (threadIdx.x == 0)
    barrier_init(&barrier, 1);
  __syncthreads();
  if (threadIdx.x == 0) {
    barrier_expect(&barrier, sizeof tile);
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
                     shared_address(tile)),
                 "l"(&from), "r"(x), "r"(y), "r"(shared_address(&barrier))
                 : "memory");
  }
  barrier_wait(&barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < Box * Box; i += static_cast<int>(blockDim.x)) {
    const int row = i % Box, column = i / Box;
    if (y + row < rows && x + column < columns)
      to[(x + column) * rows + y + row] = tile[row * Box + column];
  }
}

template <box_config C = box_config{}>
TL_AUTOTUNE(configs = boxes, supply = tl::supply::automatic, timeout = 20)
transpose_launch transpose(int rows, int columns) {
  const auto tiles = [](int extent) { return static_cast<unsigned>((extent + C.box - 1) / C.box); };
  return transpose_launch(&transpose_kernel<C.box>, rows, columns)
      .grid(tiles(columns), tiles(rows))
      .block(128)
      .template tma<0>(tl::tma_tiled{.dims = {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows)},
                                     .box = {static_cast<std::uint32_t>(C.box), static_cast<std::uint32_t>(C.box)}})
      .template extent<0>(rows, columns)
      .template extent<1>(columns, rows);
}

// --- im2col: a 3 x 3 window with padding 1 over an NHWC tensor ----------------------------------------------

constexpr int channels = 32, width = 8, height = 8, pixels = 64;

/// Column (r, s) of the im2col matrix of the first image: 64 pixels of 32 channels each.
__global__ void im2col_kernel(const __grid_constant__ CUtensorMap from, float *to) {
  __shared__ alignas(128) float tile[pixels * channels];
  __shared__ alignas(8) unsigned long long barrier;
  if (threadIdx.x == 0)
    barrier_init(&barrier, 1);
  __syncthreads();
  const unsigned short s = static_cast<unsigned short>(blockIdx.x % 3), r = static_cast<unsigned short>(blockIdx.x / 3);
  if (threadIdx.x == 0) {
    barrier_expect(&barrier, sizeof tile);
    asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes "
                 "[%0], [%1, {%2, %3, %4, %5}], [%6], {%7, %8};" ::"r"(shared_address(tile)),
                 "l"(&from), "r"(0), "r"(-1), "r"(-1), "r"(0), "r"(shared_address(&barrier)), "h"(s), "h"(r)
                 : "memory");
  }
  barrier_wait(&barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < pixels * channels; i += static_cast<int>(blockDim.x))
    to[blockIdx.x * pixels * channels + i] = tile[i];
}

// --- Attributes ---------------------------------------------------------------------------------------------

__global__ void attribute_kernel(const int *from, int *to, int n) {
  extern __shared__ int staged[];
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  cudaGridDependencySynchronize();
#endif
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  staged[threadIdx.x] = i < n ? from[i] : 0;
  __syncthreads();
  if (i < n)
    to[i] = staged[threadIdx.x] + 1;
}

__global__ void together_kernel(int *counters) {
  // Only ends when all blocks are resident at once.
  atomicAdd(&counters[0], 1);
  const int all = static_cast<int>(gridDim.x * blockDim.x);
  while (atomicAdd(&counters[0], 0) < all) {
  }
  if (threadIdx.x == 0)
    counters[1 + blockIdx.x] = all;
}

// --- Supply on the device ------------------------------------------------------------------------------------

struct copy_config {
  int threads = 64;
};
inline constexpr auto copies = tl::space<copy_config>().axis(&copy_config::threads, {64, 256});
using half_launch = tl::kernel<void(tl::in<__half>, tl::out<__half>)>;
__global__ void half_kernel(int n, const __half *from, __half *to) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n)
    to[i] = __hadd(from[i], from[i]);
}
template <copy_config C = copy_config{}>
TL_AUTOTUNE(configs = copies, supply = tl::supply::randn.with_seed(5), timeout = 20)
half_launch double_half(int n) {
  return half_launch(&half_kernel, n)
      .grid(static_cast<unsigned>((n + C.threads - 1) / C.threads))
      .block(static_cast<unsigned>(C.threads))
      .template extent<0>(n)
      .template extent<1>(n);
}

template <class T> struct device_array {
  explicit device_array(std::size_t n) : size(n) { CHECK(cudaMalloc(&data, n * sizeof(T))); }
  explicit device_array(const std::vector<T> &from) : device_array(from.size()) {
    CHECK(cudaMemcpy(data, from.data(), size * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~device_array() { cudaFree(data); }
  std::vector<T> get() const {
    std::vector<T> to(size);
    CHECK(cudaMemcpy(to.data(), data, size * sizeof(T), cudaMemcpyDeviceToHost));
    return to;
  }
  T *data = nullptr;
  std::size_t size;
};

int main() {
  {
    constexpr int rows = 200, columns = 320;
    std::vector<float> host(rows * columns);
    for (std::size_t i = 0; i < host.size(); ++i)
      host[i] = static_cast<float>(i);
    device_array<float> from(host), to(host.size());
    auto run = transpose(rows, columns);
    run(from.data, to.data);
    run(from.data, to.data);
    const auto result = to.get();
    bool right = true;
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c)
        right &= result[static_cast<std::size_t>(c * rows + r)] == host[static_cast<std::size_t>(r * columns + c)];
    std::printf("transpose %s, %s wins\n", right ? "right" : "wrong", run.config().c_str());

    transpose_launch described = transpose<box_config{32}>(rows, columns);
    for (int i = 0; i < 5; ++i)
      described(from.data, to.data);
    std::printf("encoded %s\n", (*described.described().maps.find(0))->encodings() == 1 ? "once" : "often");
  }
  {
    std::vector<float> host(2 * height * width * channels);
    for (std::size_t i = 0; i < host.size(); ++i)
      host[i] = static_cast<float>(i % 1000) + 1;
    device_array<float> from(host), to(9 * pixels * channels);
    tl::kernel<void(tl::in<float>, tl::out<float>)> gather(&im2col_kernel);
    gather.grid(9).block(128).tma<0>(tl::tma_im2col{.dims = {channels, width, height, 2},
                                                    .lower_corner = {-1, -1},
                                                    .upper_corner = {-1, -1},
                                                    .channels_per_pixel = channels,
                                                    .pixels_per_column = pixels});
    gather(from.data, to.data);
    const auto result = to.get();
    bool right = true;
    for (int column = 0; column < 9; ++column)
      for (int p = 0; p < pixels; ++p)
        for (int c = 0; c < channels; ++c) {
          const int y = p / width + column / 3 - 1, x = p % width + column % 3 - 1;
          const float expected = y < 0 || y >= height || x < 0 || x >= width
                                     ? 0
                                     : host[static_cast<std::size_t>((y * width + x) * channels + c)];
          right &= result[static_cast<std::size_t>((column * pixels + p) * channels + c)] == expected;
        }
    std::printf("im2col %s\n", right ? "right" : "wrong");
  }
  {
    constexpr int n = 4096;
    std::vector<int> host(n);
    for (int i = 0; i < n; ++i)
      host[static_cast<std::size_t>(i)] = i;
    device_array<int> from(host), to(n), counters(std::vector<int>(17, 0));
    cudaStream_t stream = nullptr;
    CHECK(cudaStreamCreate(&stream));
    tl::kernel<void(const int *, int *, int)> described(&attribute_kernel);
    described.grid(n / 128).block(128).shared(100 * 1024).cluster(4).pdl().priority(-1).l2_persist(0, n * sizeof(int), 0.5f);
    described.on(stream)(from.data, to.data, n);
    described.on(stream)(from.data, to.data, n);
    tl::kernel<void(int *)> together(&together_kernel);
    together.grid(16).block(32).cooperative();
    together.on(stream)(counters.data);
    CHECK(cudaStreamSynchronize(stream));
    bool right = true;
    const auto result = to.get(), counted = counters.get();
    for (int i = 0; i < n; ++i)
      right &= result[static_cast<std::size_t>(i)] == i + 1;
    for (int i = 0; i <= 16; ++i)
      right &= counted[static_cast<std::size_t>(i)] == 16 * 32;
    std::printf("attributes %s\n", right ? "right" : "wrong");
    CHECK(cudaStreamDestroy(stream));
    try {
      described.shared(1 << 20);
      tl::kernel<void(const int *, int *, int)> large(described);
      large(from.data, to.data, n);
      std::puts("launched");
    } catch (const tl::infeasible &reason) {
      std::printf("infeasible: %s\n", reason.what());
    }
  }
  {
    constexpr int n = 10000;
    auto run = double_half(n);
    run.tune();
    std::vector<__half> host(n, __float2half(1.5f));
    device_array<__half> from(host), to(n);
    run(from.data, to.data);
    std::printf("supply %s\n", __half2float(to.get()[n - 1]) == 3 && !run.config().empty() ? "right" : "wrong");
  }
}
