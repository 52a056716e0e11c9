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

#include <tl/autotune.h>
#include <tl/tma.h>

#include "Inputs/im2col.h"

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

template <int Pixels, int Channels> __global__ void im2col_kernel(const __grid_constant__ CUtensorMap from, float *to) {
  load_column<Pixels, Channels>(from, to);
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

template <int Pixels, int Channels> static bool right(const tl::tma_im2col &map) {
  device_array<float> from(tensor()), to(positions * Pixels * Channels);
  gather(&im2col_kernel<Pixels, Channels>).grid(positions).block(128).tma<0>(map)(from.data, to.data);
  return gathered<Pixels, Channels>(to.get());
}

int main() {
  constexpr int pixels = width * height;
  const tl::tma_im2col map = window(pixels, channels);
  std::printf("im2col %s\n", right<pixels, channels>(map) ? "right" : "wrong");
  std::printf("half of the pixels and channels %s\n",
              right<pixels / 2, channels / 2>(window(pixels / 2, channels / 2)) ? "right" : "wrong");
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
