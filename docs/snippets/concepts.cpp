// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

// snippet: struct
struct sum_config {
  int unroll = 4;
};

template <class T, sum_config C = sum_config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 4}, {.unroll = 16})]]
T sum(int n, const T *data) {
  T partial[C.unroll] = {};
  int i = 0;
  for (; i + C.unroll <= n; i += C.unroll)
    for (int k = 0; k < C.unroll; ++k)
      partial[k] += data[i + k];
  T total = 0;
  for (; i < n; ++i)
    total += data[i];
  for (const T part : partial)
    total += part;
  return total;
}
// end

// snippet: plain
struct fill_config {
  int width = 1;
  bool backwards = false;
};

template <int width = 1, bool backwards = false>
[[tl::autotune(configs = tl::space<fill_config>()
                   .axis(&fill_config::width, {1, 4, 16})
                   .axis(&fill_config::backwards, {false, true}))]]
void fill(int n, float value, float *data) {
  for (int i = 0; i < n; i += width)
    for (int k = i; k < i + width && k < n; ++k)
      data[backwards ? n - 1 - k : k] = value;
}
// end

// snippet: where
struct gemm_config {
  int block_m = 64, block_n = 64, threads = 256;
};

constexpr auto gemm_space = tl::space<gemm_config>()
    .axis(&gemm_config::block_m, {32, 64, 128})
    .axis(&gemm_config::block_n, {32, 64, 128})
    .axis(&gemm_config::threads, {128, 256})
    .where([](gemm_config c) { return c.block_m * c.block_n / c.threads <= 64; });
// end
static_assert(gemm_space.combinations() == 18 && gemm_space.size() == 17);

// snippet: views
template <sum_config C = sum_config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 8})]]
void scale(float factor, tl::in<float> from, tl::out<float> to) {
  const int n = static_cast<int>(from.size());
  for (int i = 0; i < n; i += C.unroll)
    for (int k = i; k < i + C.unroll && k < n; ++k)
      to.data()[k] = factor * from.data()[k];
}
// end

int main() {
  std::vector<double> data(1000, 1.0);
  std::vector<float> from(1000, 2.0f), to(1000);
  // snippet: calls
  double tuned = sum(1000, data.data());                            // tuned for (double, n=1000)
  double fixed = sum<double, sum_config{.unroll = 16}>(1000, data.data()); // exactly this variant
  double (*pointer)(int, const double *) = &sum<double>;            // the dispatcher
  // end
  fill(1000, 1.0f, to.data());
  // snippet: views-call
  scale(3.0f, from, to); // a vector converts; the sizes are part of the problem key
  // end
  std::printf("%g %g %g %g\n", tuned, fixed, pointer(1000, data.data()), static_cast<double>(to[999]));
  return tuned == 1000 && fixed == 1000 && to[999] == 6.0f ? 0 : 1;
}
