// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the CUDA examples share: error checks, buffers, timing, and what the device could do at
// best.

#ifndef TL_EXAMPLES_CUDA_EXAMPLE_H
#define TL_EXAMPLES_CUDA_EXAMPLE_H

#include <cmath>
#include <cstddef>

// The rest is the host's, which NVRTC has no use for.
#ifndef __CUDACC_RTC__

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <dlfcn.h>
#include <vector>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    const cudaError_t error = (call);                                                              \
    if (error != cudaSuccess) {                                                                    \
      std::fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call,                           \
                   cudaGetErrorString(error));                                                     \
      std::exit(1);                                                                                \
    }                                                                                              \
  } while (false)

/// Device memory that is freed at the end of its scope.
template <class T> class buffer {
public:
  explicit buffer(std::size_t count) : count_(count) {
    CHECK(cudaMalloc(&data_, count * sizeof(T)));
  }
  explicit buffer(const std::vector<T> &from) : buffer(from.size()) {
    CHECK(cudaMemcpy(data_, from.data(), count_ * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~buffer() { cudaFree(data_); }
  buffer(const buffer &) = delete;
  buffer &operator=(const buffer &) = delete;
  operator T *() const { return data_; }
  T *data() const { return data_; }
  std::size_t size() const { return count_; }
  std::vector<T> to_host() const {
    std::vector<T> host(count_);
    CHECK(cudaMemcpy(host.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return host;
  }

private:
  T *data_ = nullptr;
  std::size_t count_;
};

/// A stream and the tools to time what is sent to it.
class bench {
public:
  bench() {
    CHECK(cudaStreamCreate(&stream));
    CHECK(cudaEventCreate(&start_));
    CHECK(cudaEventCreate(&stop_));
    int l2 = 0;
    CHECK(cudaDeviceGetAttribute(&l2, cudaDevAttrL2CacheSize, 0));
    flush_bytes_ = 2 * static_cast<std::size_t>(l2);
    CHECK(cudaMalloc(&flush_, flush_bytes_));
  }
  ~bench() {
    cudaFree(flush_);
    cudaEventDestroy(start_);
    cudaEventDestroy(stop_);
    cudaStreamDestroy(stream);
  }

  /// Time of one call from a flushed cache [ms].
  template <class Call> float time_once(Call &&call) {
    float ms = 0;
    CHECK(cudaMemsetAsync(flush_, 0, flush_bytes_, stream));
    CHECK(cudaEventRecord(start_, stream));
    call();
    CHECK(cudaEventRecord(stop_, stream));
    CHECK(cudaEventSynchronize(stop_));
    CHECK(cudaEventElapsedTime(&ms, start_, stop_));
    return ms;
  }

  /// Median times of calls, each from a flushed cache [ms]. They take turns: what the clock does in
  /// the meantime, it does to all of them.
  template <class... Calls> std::array<double, sizeof...(Calls)> times(Calls &&...calls) {
    constexpr std::size_t repeats = 25;
    (calls(), ...);
    CHECK(cudaGetLastError());
    std::array<std::vector<float>, sizeof...(Calls)> taken;
    for (std::size_t i = 0; i < repeats; ++i) {
      std::size_t which = 0;
      (taken[which++].push_back(time_once(calls)), ...);
    }
    CHECK(cudaGetLastError());
    std::array<double, sizeof...(Calls)> medians;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      std::nth_element(taken[i].begin(), taken[i].begin() + repeats / 2, taken[i].end());
      medians[i] = taken[i][repeats / 2];
    }
    return medians;
  }

  /// Bytes read and written per second by a large copy on the device [GB/s].
  double copy_bandwidth() {
    const std::size_t bytes = std::size_t(1) << 30;
    buffer<char> from(bytes), to(bytes);
    const auto [ms] =
        times([&] { CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream)); });
    return 2e-6 * static_cast<double>(bytes) / ms;
  }

  cudaStream_t stream;

private:
  cudaEvent_t start_, stop_;
  void *flush_ = nullptr;
  std::size_t flush_bytes_ = 0;
};

/// cuBLAS, if the machine has it: C = A * B^T, row-major, as the GEMM examples do it.
class blas {
public:
  explicit blas(cudaStream_t stream) {
    for (const char *name : {"libcublas.so.13", "libcublas.so.12", "libcublas.so"})
      if (!library_)
        library_ = dlopen(name, RTLD_NOW);
    if (!library_)
      return;
    auto create = reinterpret_cast<int (*)(void **)>(dlsym(library_, "cublasCreate_v2"));
    auto set_stream =
        reinterpret_cast<int (*)(void *, cudaStream_t)>(dlsym(library_, "cublasSetStream_v2"));
    gemm_ = reinterpret_cast<decltype(gemm_)>(dlsym(library_, "cublasGemmEx"));
    if (!create || !set_stream || !gemm_ || create(&handle_) != 0 ||
        set_stream(handle_, stream) != 0)
      handle_ = nullptr;
  }
  explicit operator bool() const { return handle_ != nullptr; }

  /// `type`: 0 float, 2 half (cudaDataType); accumulates in float. `b` is n x k (transposed) or k x
  /// n.
  bool gemm(int type, bool transposed, int m, int n, int k, const void *a, const void *b, void *c) {
    const float one = 1, zero = 0;
    // Column-major C^T = B * A^T is what row-major C = A * B^T looks like from there.
    return gemm_(handle_, transposed ? 1 : 0, 0, n, m, k, &one, b, type, transposed ? k : n, a,
                 type, k, &zero, c, type, n, 68 /* CUBLAS_COMPUTE_32F */, -1) == 0;
  }

private:
  void *library_ = nullptr;
  void *handle_ = nullptr;
  int (*gemm_)(void *, int, int, int, int, int, const void *, const void *, int, int, const void *,
               int, int, const void *, void *, int, int, int, int) = nullptr;
};

/// One line that people and scripts read.
inline void report(const char *what, double default_ms, double tuned_ms, double amount,
                   const char *unit, double best) {
  std::printf("%s: default %.4f ms, tuned %.4f ms, speed-up %.2f, %.1f %s", what, default_ms,
              tuned_ms, default_ms / tuned_ms, amount, unit);
  if (best > 0)
    std::printf(", %.1f%% of %.1f", 100 * amount / best, best);
  std::printf("\n");
}

/// Ends the program unless the results agree.
template <class Actual, class Expected>
void expect_close(const char *what, std::size_t count, Actual &&actual, Expected &&expected,
                  double rtol, double atol) {
  for (std::size_t i = 0; i < count; ++i) {
    const double a = actual(i), e = expected(i);
    if (!(std::abs(a - e) <= atol + rtol * std::abs(e))) {
      std::fprintf(stderr, "%s: element %zu is %g, expected %g\n", what, i, a, e);
      std::exit(1);
    }
  }
  std::printf("%s: results are right\n", what);
}

inline std::vector<float> some_values(std::size_t count, unsigned seed = 1) {
  std::vector<float> values(count);
  unsigned state = seed * 2654435761u + 1;
  for (float &it : values) {
    state = state * 1664525u + 1013904223u;
    it = static_cast<float>(state >> 8) * (2.0f / 16777216.0f) - 1.0f;
  }
  return values;
}

#endif // __CUDACC_RTC__

#endif
