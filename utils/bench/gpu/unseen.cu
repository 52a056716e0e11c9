// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tunes an example on 40 problems, so that `tltune evaluate` can say how good a prediction of each
// from the others would have been. Compiled with -DSOURCE="<the example>" -DUNSEEN_<its name>.
// Problems are drawn evenly in the logarithm of each size, from a fixed seed, and none is so long
// that the device's power decides. utils/bench/gpu/unseen runs it.

#define main example_main
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wreturn-type" // a main need not return
#include SOURCE
#pragma clang diagnostic pop
#undef main

#include <cmath>
#include <cstdio>
#include <random>
#include <set>
#include <vector>

namespace {

constexpr std::size_t problems = 40;
std::mt19937_64 random_bits(20261130); // NOLINT: the same problems each time

/// A size between the two, a multiple of the step.
int size_between(int least, int most, int step) {
  std::uniform_real_distribution<double> exponent(std::log(least), std::log(most));
  const int size = static_cast<int>(std::exp(exponent(random_bits)) / step + 0.5) * step;
  return std::max(least, std::min(most, size));
}

#if defined(UNSEEN_SGEMM)
using problem = std::array<int, 3>;
problem draw() {
  for (;;) {
    const problem drawn{size_between(128, 4096, 128), size_between(256, 4096, 256),
                        size_between(128, 4096, 128)};
    // 4 GFLOP take about 0.1 ms.
    if (2.0 * drawn[0] * drawn[1] * drawn[2] <= 4e9)
      return drawn;
  }
}
constexpr std::size_t most_in = std::size_t(4096) * 4096, most_out = most_in;
void tune(const problem &p, const float *in, float *out, cudaStream_t stream) {
  sgemm(p[0], p[1], p[2], in, in, out, stream);
}
#elif defined(UNSEEN_SOFTMAX)
using problem = std::array<int, 1>;
problem draw() { return {size_between(16, 16384, 1)}; }
constexpr std::size_t most_in = std::size_t(16384) * columns, most_out = most_in;
void tune(const problem &p, const float *in, float *out, cudaStream_t stream) {
  softmax(p[0], in, out, stream);
}
#elif defined(UNSEEN_REDUCE)
using problem = std::array<int, 1>;
problem draw() { return {size_between(1, 2048, 1)}; }
constexpr std::size_t most_in = std::size_t(2048) * segment, most_out = 2048;
void tune(const problem &p, const float *in, float *out, cudaStream_t stream) {
  reduce(p[0], in, out, stream);
}
#elif defined(UNSEEN_TRANSPOSE)
using problem = std::array<int, 2>;
problem draw() {
  for (;;) {
    const problem drawn{size_between(32, 16384, 1), size_between(32, 16384, 1)};
    if (double(drawn[0]) * drawn[1] <= 32e6)
      return drawn;
  }
}
constexpr std::size_t most_in = 32000000, most_out = most_in;
void tune(const problem &p, const float *in, float *out, cudaStream_t stream) {
  transpose(p[0], p[1], in, out, stream);
}
#else
#error "which example? -DUNSEEN_SGEMM, -DUNSEEN_SOFTMAX, -DUNSEEN_REDUCE or -DUNSEEN_TRANSPOSE"
#endif

} // namespace

int main() {
  const std::vector<float> values = some_values(most_in);
  buffer<float> in(values), out(most_out);
  bench on;
  std::set<problem> drawn;
  while (drawn.size() < problems)
    drawn.insert(draw());
  for (const problem &p : drawn)
    tune(p, in, out, on.stream);
  CHECK(cudaStreamSynchronize(on.stream));
  std::printf("%zu problems\n", drawn.size());
}
