// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Our side of utils/bench/peers, as a library that its Python opens: the GEMMs of
// docs/examples/cuda tuned and by config, and a kernel of which one config hangs, crashes or is
// wrong.

#define main hgemm_main
#include "../../../docs/examples/cuda/hgemm.cu"
#undef main
#define main sgemm_main
#include "../../../docs/examples/cuda/sgemm.cu"
#undef main

#include <utility>

namespace {

template <std::size_t I>
void run_hgemm(int n, const void *a, const void *b, void *c, cudaStream_t stream) {
  hgemm<hgemm_space[I]>(n, n, n, static_cast<const __half *>(a), static_cast<const __half *>(b),
                        static_cast<__half *>(c), stream);
}

template <std::size_t I>
void run_sgemm(int n, const void *a, const void *b, void *c, cudaStream_t stream) {
  sgemm<sgemm_space[I]>(n, n, n, static_cast<const float *>(a), static_cast<const float *>(b),
                        static_cast<float *>(c), stream);
}

using runner = void (*)(int, const void *, const void *, void *, cudaStream_t);
template <std::size_t... I> runner hgemm_of(int config, std::index_sequence<I...>) {
  static constexpr runner all[] = {&run_hgemm<I>...};
  return all[config];
}
template <std::size_t... I> runner sgemm_of(int config, std::index_sequence<I...>) {
  static constexpr runner all[] = {&run_sgemm<I>...};
  return all[config];
}

struct scale_config {
  int threads = 128, fault = 0;
};
enum { hang = 1, crash = 2, wrong = 3 };

template <int Bad, scale_config Cfg> __global__ void scale_kernel(int n, const float *x, float *y) {
  const int i = static_cast<int>(blockIdx.x) * Cfg.threads + static_cast<int>(threadIdx.x);
  if (Cfg.fault && Bad == hang)
    for (;;)
      __nanosleep(1000);
  if (Cfg.fault && Bad == crash)
    y[i + (1ll << 40)] = 1;
  if (i < n)
    y[i] = Cfg.fault && Bad == wrong ? 3.0f : 2 * x[i];
}

template <int Bad, scale_config Cfg = scale_config{}>
TL_AUTOTUNE({.threads = 256}, {.threads = 512}, {.threads = 1024, .fault = 1}, timeout = 5)
void scale(int n, const float *x, float *y, cudaStream_t stream) {
  scale_kernel<Bad, Cfg><<<(n + Cfg.threads - 1) / Cfg.threads, Cfg.threads, 0, stream>>>(n, x, y);
}

} // namespace

extern "C" {

int ours_hgemm_count() { return static_cast<int>(hgemm_space.size()); }
int ours_sgemm_count() { return static_cast<int>(sgemm_space.size()); }

/// A config, or (-1) what the dispatcher takes.
void ours_hgemm(int config, int n, const void *a, const void *b, void *c, void *stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  if (config < 0)
    hgemm(n, n, n, static_cast<const __half *>(a), static_cast<const __half *>(b),
          static_cast<__half *>(c), on);
  else
    hgemm_of(config, std::make_index_sequence<hgemm_space.size()>{})(n, a, b, c, on);
}
void ours_sgemm(int config, int n, const void *a, const void *b, void *c, void *stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  if (config < 0)
    sgemm(n, n, n, static_cast<const float *>(a), static_cast<const float *>(b),
          static_cast<float *>(c), on);
  else
    sgemm_of(config, std::make_index_sequence<sgemm_space.size()>{})(n, a, b, c, on);
}

void ours_scale(int bad, int n, const float *x, float *y, void *stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  if (bad == hang)
    scale<hang>(n, x, y, on);
  else if (bad == crash)
    scale<crash>(n, x, y, on);
  else
    scale<wrong>(n, x, y, on);
}

/// Time of a tuned call as C++ makes it [us].
double ours_call_us(int n, const void *a, const void *b, void *c, void *stream) {
  constexpr int calls = 50;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i)
    ours_hgemm(-1, n, a, b, c, stream);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  return took.count() / calls;
}
}
