// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <cstring>
#include <vector>

using namespace tl::keywords;

// snippet: factory
struct axpy_config {
  int unroll = 1;
};

template <int Unroll>
void axpy_body(int n, float factor, tl::in<float> x, tl::out<float> y) {
  for (int i = 0; i < n; i += Unroll)
    for (int k = i; k < i + Unroll && k < n; ++k)
      y.data()[k] = factor * x.data()[k];
}

using axpy_launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;

template <axpy_config C = axpy_config{}>
[[tl::autotune({.unroll = 1}, {.unroll = 4}, {.unroll = 8}, supply = tl::supply::uniform)]]
axpy_launch axpy(int n, float factor) {
  return axpy_launch(&axpy_body<C.unroll>, n, factor) // n and factor are bound, x and y are not
      .template extent<0>(n)                          // sizes of the launch's arguments, for tune()
      .template extent<1>(n);
}
// end

int main(int argc, char **argv) {
  // snippet: offline
  if (argc > 1 && !std::strcmp(argv[1], "--tune")) {
    for (const int size : {1000, 10000, 100000})
      tl::prepare(&axpy<>, size, 3.0f); // a lazy factory; inputs are generated
    return 0;
  }
  // end
  const int n = 1000;
  std::vector<float> x(n, 2.0f), y(n);
  // snippet: use
  auto run = axpy(n, 3.0f); // nothing has happened yet
  run.tune();               // stored winner, or tuned now on generated inputs
  run(x, y);                // only the launch
  // end
  std::printf("%s\n", run.config().empty() ? "no config" : "right");
  return y[n - 1] == 6.0f && run.ready() ? 0 : 1;
}
