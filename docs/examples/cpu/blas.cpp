// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A library's own choices as axes: how many threads a BLAS takes, and into how many calls a product
// is cut. The default config is the library as it is, one call with the threads that it chooses.
// Works with any CBLAS; only those that let a program set the number of threads have that axis.

#include <tl/autotune.h>

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "compare.h"

using namespace tl::keywords;

// OpenBLAS has the first two, BLIS the others, and the reference BLAS none.
extern "C" {
[[gnu::weak]] void openblas_set_num_threads(int);
[[gnu::weak]] int openblas_get_num_threads(void);
[[gnu::weak]] void bli_thread_set_num_threads(long);
[[gnu::weak]] long bli_thread_get_num_threads(void);
}

/// The library's threads, for as long as this lives.
class library_threads {
public:
  static bool can_be_set() { return openblas_set_num_threads || bli_thread_set_num_threads; }
  explicit library_threads(int wanted) : before_(get()) { set(wanted); }
  library_threads(const library_threads &) = delete;
  library_threads &operator=(const library_threads &) = delete;
  ~library_threads() { set(before_); }

private:
  static int get() {
    return openblas_get_num_threads     ? openblas_get_num_threads()
           : bli_thread_get_num_threads ? static_cast<int>(bli_thread_get_num_threads())
                                        : 0;
  }
  static void set(int threads) {
    if (openblas_set_num_threads)
      openblas_set_num_threads(threads);
    else if (bli_thread_set_num_threads)
      bli_thread_set_num_threads(threads);
  }
  int before_;
};

// snippet: tuned
struct blas_config {
  int threads = 0; ///< 0: as many as the library takes
  int rows = 0;    ///< of C in each call; 0: all
};
inline constexpr auto blas_space = tl::space<blas_config>()
                                       .axis(&blas_config::threads, {0, 1, 2, 4, 8})
                                       .axis(&blas_config::rows, {0, 32, 128, 512});

static bool can_run(blas_config c, int m, int, int, const float *, const float *, float *) {
  return (c.threads == 0 || library_threads::can_be_set()) && c.rows < m;
}

/// C = A * B, row-major.
template <blas_config Cfg = blas_config{}>
[[tl::autotune(configs = blas_space, eligible = can_run)]] void
    multiply(int m, int n, int k, const float *a, const float *b, float *c) {
  const auto run = [=] {
    const int rows = Cfg.rows ? Cfg.rows : m;
    for (int i = 0; i < m; i += rows)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, std::min(rows, m - i), n, k, 1,
                  a + std::ptrdiff_t(i) * k, k, b, n, 0, c + std::ptrdiff_t(i) * n, n);
  };
  if constexpr (Cfg.threads == 0) {
    run();
  } else {
    const library_threads scope(Cfg.threads);
    run();
  }
}
// end

int main(int argc, char **argv) {
  const int m = argc > 1 ? std::atoi(argv[1]) : 1024;
  const int n = argc > 3 ? std::atoi(argv[2]) : m;
  const int k = argc > 3 ? std::atoi(argv[3]) : m;
  if (m <= 0 || n <= 0 || k <= 0) {
    std::fprintf(stderr, "usage: %s [size | m n k], expected positive numbers\n", argv[0]);
    return 2;
  }
  std::vector<float> a(std::size_t(m) * k), b(std::size_t(k) * n), c(std::size_t(m) * n);
  std::minstd_rand random(42);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (float &value : a)
    value = uniform(random);
  for (float &value : b)
    value = uniform(random);
  multiply(m, n, k, a.data(), b.data(), c.data());

  double largest = 0; // error of a few elements, relative to the size of the sums
  for (int i = 0; i < m; i += 1 + m / 7)
    for (int j = 0; j < n; j += 1 + n / 7) {
      double sum = 0;
      for (int p = 0; p < k; ++p)
        sum += double(a[std::size_t(i) * k + p]) * b[std::size_t(p) * n + j];
      largest = std::max(largest, std::abs(sum - c[std::size_t(i) * n + j]) / std::sqrt(double(k)));
    }
  const comparison times = compare(
      9, [&] { multiply<blas_config{}>(m, n, k, a.data(), b.data(), c.data()); },
      [&] { multiply(m, n, k, a.data(), b.data(), c.data()); });

  const double work = 2e-6 * m * n * k; // [Mflop], so that work / ms is Gflop/s
  std::printf("blas %d x %d x %d%s\n", m, n, k,
              library_threads::can_be_set() ? "" : ", whose threads cannot be set");
  std::printf("  library's own   %9.3f ms  %7.1f Gflop/s\n", times.first, work / times.first);
  std::printf("  tuned           %9.3f ms  %7.1f Gflop/s  %.2f times as fast\n", times.second,
              work / times.second, times.first / times.second);
  std::printf("  largest error   %9.1e  %s\n", largest, largest < 1e-5 ? "correct" : "WRONG");
  return largest < 1e-5 ? 0 : 1;
}
