// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The matrix product and the softmax of docs/examples/cuda with kernels that NVRTC compiles on the
// machine with the device: all configs but the default, and all configs beside Clang's. Prints
// "nvrtc <kernel> <first call s> <default ms> <by Clang ms> <by NVRTC ms> <over both ms> <errors>"
// lines; the times of a line were taken in turns. utils/gpu-check runs it.

#pragma clang diagnostic ignored "-Wreturn-type" // of the examples' main
#define main sgemm_main
#include "docs/examples/cuda/sgemm.cu"
#undef main
#define columns softmax_columns
#define main softmax_main
#include "docs/examples/cuda/softmax.cu"
#undef main
#undef columns

#ifndef __CUDACC_RTC__

#include <chrono>
#include <cstring>

#define SGEMM(name, ...)                                                                           \
  template <sgemm_config C = sgemm_config{}>                                                       \
  [[tl::autotune(configs = sgemm_space, timeout = 10 __VA_OPT__(, ) __VA_ARGS__)]] void name(      \
      int m, int n, int k, const float *a, const float *b, float *c, cudaStream_t stream) {        \
    sgemm_kernel<C>                                                                                \
        <<<dim3(n / C.block_n, m / C.block_m), threads_of(C), 0, stream>>>(n, k, a, b, c);         \
  }
SGEMM(sgemm_by_clang)
SGEMM(sgemm_by_nvrtc, compilers = {tl::nvrtc()})
SGEMM(sgemm_by_both, compilers = {tl::clang(), tl::nvrtc()})

#define SOFTMAX(name, ...)                                                                         \
  template <softmax_config C = softmax_config{}>                                                   \
  [[tl::autotune(configs = softmax_space, timeout = 10,                                            \
                 tolerance = {.rtol = 1e-3, .atol = 1e-7} __VA_OPT__(, ) __VA_ARGS__)]] void       \
      name(int rows, const float *in, float *out, cudaStream_t stream) {                           \
    softmax_kernel<C>                                                                              \
        <<<(rows + C.rows - 1) / C.rows, dim3(C.threads, C.rows), 0, stream>>>(rows, in, out);     \
  }
SOFTMAX(softmax_by_clang)
SOFTMAX(softmax_by_nvrtc, compilers = {tl::nvrtc()})
SOFTMAX(softmax_by_both, compilers = {tl::clang(), tl::nvrtc()})

/// How many elements of two results are further apart than their sums' rounding explains.
static std::size_t count_errors(const std::vector<float> &left, const std::vector<float> &right) {
  std::size_t errors = 0;
  for (std::size_t i = 0; i < left.size(); ++i)
    errors += !(std::abs(left[i] - right[i]) <= 1e-3f * std::abs(right[i]) + 1e-3f);
  return errors;
}

template <class Run> static double seconds_of(const bench &on, Run run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  CHECK(cudaStreamSynchronize(on.stream));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// `usual`: the default config; the others: tuned functions of the same arguments.
template <class Usual, class ByClang, class ByNvrtc, class ByBoth>
static void compare(bench &on, const char *name, buffer<float> &out, Usual usual, ByClang by_clang,
                    ByNvrtc by_nvrtc, ByBoth by_both) {
  usual();
  CHECK(cudaStreamSynchronize(on.stream));
  const std::vector<float> expected = out.to_host();
  const auto errors_of = [&](auto run) {
    CHECK(cudaMemset(out, 0, out.size() * sizeof(float)));
    run();
    CHECK(cudaStreamSynchronize(on.stream));
    return count_errors(out.to_host(), expected);
  };
  const double first_s = seconds_of(on, by_nvrtc);
  std::size_t errors = errors_of(by_nvrtc);
  errors += errors_of(by_clang) + errors_of(by_both);
  const auto [clang_ms, nvrtc_ms] = on.times(by_clang, by_nvrtc);
  const auto [usual_ms, both_ms] = on.times(usual, by_both);
  std::printf("nvrtc %s %.3f %.4f %.4f %.4f %.4f %zu\n", name, first_s, usual_ms, clang_ms,
              nvrtc_ms, both_ms, errors);
}

int main() {
  bench on;
  {
    const int n = 4096;
    const std::vector<float> a = some_values(std::size_t(n) * n),
                             b = some_values(std::size_t(n) * n, 2);
    buffer<float> da(a), db(b), dc(std::size_t(n) * n);
    compare(
        on, "sgemm", dc, [&] { sgemm<sgemm_config{}>(n, n, n, da, db, dc, on.stream); },
        [&] { sgemm_by_clang(n, n, n, da, db, dc, on.stream); },
        [&] { sgemm_by_nvrtc(n, n, n, da, db, dc, on.stream); },
        [&] { sgemm_by_both(n, n, n, da, db, dc, on.stream); });
  }
  {
    const int rows = 16384;
    const std::vector<float> in = some_values(std::size_t(rows) * softmax_columns);
    buffer<float> din(in), dout(in.size());
    compare(
        on, "softmax", dout, [&] { softmax<softmax_config{}>(rows, din, dout, on.stream); },
        [&] { softmax_by_clang(rows, din, dout, on.stream); },
        [&] { softmax_by_nvrtc(rows, din, dout, on.stream); },
        [&] { softmax_by_both(rows, din, dout, on.stream); });
  }
}

#endif // __CUDACC_RTC__
