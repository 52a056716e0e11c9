// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// y = a * x + y over long vectors: bound by memory, so what counts is how many bytes are on their
// way at a time. In place: tuning must not run it twice on the caller's y.

#include "example.h"

#include <tl/autotune.h>

using namespace tl::keywords;

struct saxpy_config {
  int vector = 1;    ///< floats per access
  int unroll = 1;    ///< independent accesses per thread and turn
  int threads = 256; ///< per block
};

constexpr auto saxpy_space = tl::space<saxpy_config>()
                                 .axis(&saxpy_config::vector, {1, 2, 4})
                                 .axis(&saxpy_config::unroll, {1, 2, 4, 8})
                                 .axis(&saxpy_config::threads, {128, 256, 512});

template <int Width> struct alignas(Width * sizeof(float)) pack {
  float element[Width];
};

template <saxpy_config C>
__global__ void __launch_bounds__(C.threads)
    saxpy_kernel(int n, float a, const float *x, float *y) {
  using vector = pack<C.vector>;
  const auto *vx = reinterpret_cast<const vector *>(x);
  auto *vy = reinterpret_cast<vector *>(y);
  const int vectors = n / C.vector;
  const int first =
      static_cast<int>(blockIdx.x) * C.threads * C.unroll + static_cast<int>(threadIdx.x);
  vector got_x[C.unroll], got_y[C.unroll];
#pragma unroll
  for (int u = 0; u < C.unroll; ++u)
    if (const int i = first + u * C.threads; i < vectors) {
      got_x[u] = vx[i];
      got_y[u] = vy[i];
    }
#pragma unroll
  for (int u = 0; u < C.unroll; ++u)
    if (const int i = first + u * C.threads; i < vectors) {
#pragma unroll
      for (int e = 0; e < C.vector; ++e)
        got_y[u].element[e] += a * got_x[u].element[e];
      vy[i] = got_y[u];
    }
  // What is left when n is no multiple of the vector.
  if (blockIdx.x == 0 && static_cast<int>(threadIdx.x) < n % C.vector) {
    const int i = vectors * C.vector + static_cast<int>(threadIdx.x);
    y[i] += a * x[i];
  }
}

template <saxpy_config C = saxpy_config{}>
TL_AUTOTUNE(configs = saxpy_space, timeout = 10)
void saxpy(int n, float a, tl::in<float> x, tl::inout<float> y, cudaStream_t stream) {
  const int per_block = C.threads * C.unroll * C.vector;
  saxpy_kernel<C><<<(n + per_block - 1) / per_block, C.threads, 0, stream>>>(n, a, x, y);
}

int main() {
  const int n = (1 << 27) + 3;
  const std::vector<float> x = some_values(n), y = some_values(n, 2);
  buffer<float> dx(x), dy(y);
  bench on;

  // The first call tunes; like every call, it adds a * x once.
  saxpy(n, 0.5f, {dx, x.size()}, {dy, y.size()}, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> result = dy.to_host();
  expect_close(
      "saxpy", x.size(), [&](std::size_t i) { return result[i]; },
      [&](std::size_t i) { return y[i] + 0.5f * x[i]; }, 1e-6, 1e-6);

  const auto [before, after] =
      on.times([&] { saxpy<saxpy_config{}>(n, 0, {dx, x.size()}, {dy, y.size()}, on.stream); },
               [&] { saxpy(n, 0, {dx, x.size()}, {dy, y.size()}, on.stream); });
  report("saxpy", before, after, 12e-6 * n / after, "GB/s", on.copy_bandwidth());
}
