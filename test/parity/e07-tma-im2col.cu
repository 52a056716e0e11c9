// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E7, tensor maps, im2col: a 3 x 3 window with padding 1 over an NHWC tensor, against a direct gather; corners,
// channels per pixel and pixels per column are the description's. What does not go together is said.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: im2col right
// CHECK: half of the pixels and channels right
// CHECK: infeasible: the driver refuses a tensor map (CUresult 1): im2col, dims 32 x 8 x 8 x 2, {{.*}} 512 channels, 64 pixels
// CHECK: refused: an im2col map of rank 4 takes corners of two extents less, found 1 and 2

#include "Inputs/barrier.h"

#include <tl/autotune.h>
#include <tl/tma.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                                                    \
  do {                                                                                                                 \
    const cudaError_t error = (call);                                                                                  \
    if (error != cudaSuccess) {                                                                                        \
      std::printf("%s: %s\n", #call, cudaGetErrorString(error));                                                       \
      std::exit(1);                                                                                                    \
    }                                                                                                                  \
  } while (0)

constexpr int channels = 32, width = 8, height = 8, pixels = 64;

/// Column (r, s) of the im2col matrix of the first image: its first pixels and channels.
template <int Pixels, int Channels> __global__ void im2col_kernel(const __grid_constant__ CUtensorMap from, float *to) {
  __shared__ alignas(128) float tile[Pixels * Channels];
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
  for (int i = static_cast<int>(threadIdx.x); i < Pixels * Channels; i += static_cast<int>(blockDim.x))
    to[blockIdx.x * Pixels * Channels + i] = tile[i];
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

using gather = tl::kernel<void(tl::in<float>, tl::out<float>)>;

/// Whether the nine columns hold what a loop over the window gathers.
template <int Pixels, int Channels> static bool right(const tl::tma_im2col &map) {
  std::vector<float> host(2 * height * width * channels);
  for (std::size_t i = 0; i < host.size(); ++i)
    host[i] = static_cast<float>(i % 1000) + 1;
  device_array<float> from(host), to(9 * Pixels * Channels);
  gather(&im2col_kernel<Pixels, Channels>).grid(9).block(128).tma<0>(map)(from.data, to.data);
  const auto result = to.get();
  for (int column = 0; column < 9; ++column)
    for (int p = 0; p < Pixels; ++p)
      for (int c = 0; c < Channels; ++c) {
        const int y = p / width + column / 3 - 1, x = p % width + column % 3 - 1;
        const float expected =
            y < 0 || y >= height || x < 0 || x >= width ? 0 : host[static_cast<std::size_t>((y * width + x) * channels + c)];
        if (result[static_cast<std::size_t>((column * Pixels + p) * Channels + c)] != expected)
          return false;
      }
  return true;
}

int main() {
  const tl::tma_im2col map{.dims = {channels, width, height, 2},
                           .lower_corner = {-1, -1},
                           .upper_corner = {-1, -1},
                           .channels_per_pixel = channels,
                           .pixels_per_column = pixels};
  std::printf("im2col %s\n", right<pixels, channels>(map) ? "right" : "wrong");
  tl::tma_im2col half = map;
  half.channels_per_pixel = channels / 2;
  half.pixels_per_column = pixels / 2;
  std::printf("half of the pixels and channels %s\n", right<pixels / 2, channels / 2>(half) ? "right" : "wrong");
  for (const bool corners : {false, true}) {
    tl::tma_im2col wrong = map;
    if (corners)
      wrong.lower_corner = {-1};
    else
      wrong.channels_per_pixel = 512;
    try {
      right<pixels, channels>(wrong);
      std::puts("launched");
    } catch (const tl::infeasible &why) {
      std::printf("infeasible: %s\n", why.what());
    } catch (const std::invalid_argument &why) {
      std::printf("refused: %s\n", why.what());
    }
  }
}
