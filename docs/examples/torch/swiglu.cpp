// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tuned function: SwiGLU, the activation between the linear layers of many language models.
// Compiled as CUDA it runs on a GPU, compiled as C++ on the CPU. It knows nothing of PyTorch, and
// is a library of its own: that is all that a worker of a GPU opens, in place of the whole of
// PyTorch.

#include "swiglu.h"

#include <tl/autotune.h>

#include <cmath>

using namespace tl::keywords;

#ifdef __CUDA__
struct swiglu_config {
  int threads = 256; ///< per block
  int vector = 1;    ///< elements per access
  int turns = 1;     ///< accesses of each thread
};
constexpr auto swiglu_space = tl::space<swiglu_config>()
                                  .axis(&swiglu_config::threads, {128, 256, 512})
                                  .axis(&swiglu_config::vector, {1, 2, 4})
                                  .axis(&swiglu_config::turns, {1, 2, 4});

template <swiglu_config Cfg>
__global__ void __launch_bounds__(Cfg.threads)
    swiglu_kernel(std::int64_t n, const float *gate, const float *up, float *out) {
  struct alignas(Cfg.vector * sizeof(float)) pack {
    float of[Cfg.vector];
  };
  for (int turn = 0; turn < Cfg.turns; ++turn) {
    const std::int64_t i =
        ((std::int64_t(blockIdx.x) * Cfg.turns + turn) * Cfg.threads + threadIdx.x) * Cfg.vector;
    if (i >= n)
      return;
    const pack g = *reinterpret_cast<const pack *>(gate + i);
    const pack u = *reinterpret_cast<const pack *>(up + i);
    pack o;
#pragma unroll
    for (int v = 0; v < Cfg.vector; ++v)
      o.of[v] = g.of[v] / (1 + expf(-g.of[v])) * u.of[v];
    *reinterpret_cast<pack *>(out + i) = o;
  }
}

static bool fits(swiglu_config c, std::int64_t n, tl::in<float>, tl::in<float>, tl::out<float>,
                 cudaStream_t) {
  return n % c.vector == 0;
}

template <swiglu_config Cfg = swiglu_config{}>
TL_AUTOTUNE(configs = swiglu_space, eligible = fits, timeout = 10)
void tuned_swiglu(std::int64_t n, tl::in<float> gate, tl::in<float> up, tl::out<float> out,
                  cudaStream_t stream) {
  constexpr int per_block = Cfg.threads * Cfg.vector * Cfg.turns;
  const auto blocks = static_cast<unsigned>((n + per_block - 1) / per_block);
  swiglu_kernel<Cfg><<<blocks, Cfg.threads, 0, stream>>>(n, gate.data(), up.data(), out.data());
}
#else
struct swiglu_config {
  int block = 64; ///< elements whose exponentials are computed first
};
constexpr auto swiglu_space =
    tl::space<swiglu_config>().axis(&swiglu_config::block, {16, 64, 256, 1024});

template <swiglu_config Cfg = swiglu_config{}>
TL_AUTOTUNE(configs = swiglu_space, timeout = 10)
void tuned_swiglu(std::int64_t n, tl::in<float> gate, tl::in<float> up, tl::out<float> out) {
  float sigmoid[Cfg.block];
  for (std::int64_t first = 0; first < n; first += Cfg.block) {
    const std::int64_t count = n - first < Cfg.block ? n - first : Cfg.block;
    for (std::int64_t i = 0; i < count; ++i)
      sigmoid[i] = 1 / (1 + std::exp(-gate.data()[first + i]));
    for (std::int64_t i = 0; i < count; ++i)
      out.data()[first + i] = gate.data()[first + i] * sigmoid[i] * up.data()[first + i];
  }
}
#endif

void swiglu(std::int64_t n, const float *gate, const float *up, float *out, void *stream) {
  const auto count = static_cast<std::size_t>(n);
  const tl::in<float> from(gate, count), with(up, count);
  const tl::out<float> to(out, count);
#ifdef __CUDA__
  tuned_swiglu(n, from, with, to, static_cast<cudaStream_t>(stream));
#else
  (void)stream;
  tuned_swiglu(n, from, with, to);
#endif
}
