// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An axis that is the algorithm of a library: cuBLASLt has a list of algorithms for each problem,
// best guess first, and most programs take the first. That is the default config here; the others
// of the list are raced against it. Where the list is shorter, a config is infeasible, which is no
// failure.
//
// The library's handle is in another source file (lt_plan.cpp), which the compiler does not look
// into: so each worker makes its own. A handle in a variable that the factory can be seen to read
// would keep all trials inside the program (docs/cuda.md).

#include "example.h"
#include "lt_plan.h"

#include <cuda_fp16.h>

#include <tl/autotune.h>

#include <array>
#include <string>

using namespace tl::keywords;

struct lt_config {
  int algorithm = 0; ///< of the library's list; 0: its best guess
};
constexpr auto lt_space =
    tl::space<lt_config>().axis(&lt_config::algorithm, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});

/// What is third in one version's list need not be in the next.
std::array<long, 4> lt_key(int m, int n, int k, tl::in<__half>, tl::in<__half>, tl::out<__half>,
                           tl::scratch<char>, cudaStream_t) {
  return {m, n, k, static_cast<long>(cublasLtGetVersion())};
}

template <lt_config Cfg = lt_config{}>
TL_AUTOTUNE(configs = lt_space, key = lt_key, timeout = 30)
void matmul(int m, int n, int k, tl::in<__half> a, tl::in<__half> b, tl::out<__half> c,
            tl::scratch<char> workspace, cudaStream_t stream) {
  const lt_plan &plan = lt_plan_for(m, n, k, workspace.size());
  if (Cfg.algorithm >= static_cast<int>(plan.algorithms.size()))
    throw tl::infeasible("cuBLASLt has " + std::to_string(plan.algorithms.size()) +
                         " algorithms for this problem");
  const float one = 1, zero = 0;
  if (const cublasStatus_t status = cublasLtMatmul(
          plan.handle, plan.operation, &one, b.data(), plan.left, a.data(), plan.right, &zero,
          c.data(), plan.result, c.data(), plan.result, &plan.algorithms[Cfg.algorithm].algo,
          workspace.data(), workspace.size(), stream))
    throw std::runtime_error(cublasLtGetStatusString(status));
}

int main() {
  bench on;
  buffer<char> memory(std::size_t(32) << 20); // what cuBLAS itself takes on this architecture
  const tl::scratch<char> workspace(memory.data(), memory.size());
  // A large square, a layer of a language model at a small batch, and one that is mostly depth.
  for (const auto [m, n, k] :
       {std::array{4096, 4096, 4096}, std::array{16, 14336, 4096}, std::array{256, 256, 65536}}) {
    const std::vector<float> a = some_values(std::size_t(m) * k),
                             b = some_values(std::size_t(n) * k, 2);
    buffer<__half> da(std::vector<__half>(a.begin(), a.end())),
        db(std::vector<__half>(b.begin(), b.end())), dc(std::size_t(m) * n);
    const tl::in<__half> left(da.data(), da.size()), right(db.data(), db.size());
    const tl::out<__half> result(dc.data(), dc.size());

    matmul(m, n, k, left, right, result, workspace, on.stream);
    CHECK(cudaStreamSynchronize(on.stream));
    const std::vector<__half> got = dc.to_host();
    const std::size_t samples = 500;
    const auto position = [&](std::size_t i) { return i * 8388593 % got.size(); };
    expect_close(
        "cublaslt", samples, [&](std::size_t i) { return __half2float(got[position(i)]); },
        [&](std::size_t i) {
          double sum = 0;
          for (int p = 0; p < k; ++p)
            sum += static_cast<double>(__half2float(__float2half(a[position(i) / n * k + p]))) *
                   __half2float(__float2half(b[position(i) % n * k + p]));
          return sum;
        },
        2e-2, 2e-3 * std::sqrt(double(k)));

    const double flop = 2.0 * m * n * k;
    const auto [before, after] =
        on.times([&] { matmul<lt_config{}>(m, n, k, left, right, result, workspace, on.stream); },
                 [&] { matmul(m, n, k, left, right, result, workspace, on.stream); });
    std::printf("%d x %d x %d\n", m, n, k);
    report("cublaslt", before, after, 1e-9 * flop / after, "TFLOP/s", 0);
  }
}
