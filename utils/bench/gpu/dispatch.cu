// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a dispatched launch, and one by a lazy factory's handle, cost beside the plain launch of the
// same variant: host time of a call, in one process, in turns, on a kernel that does next to
// nothing. Prints one line for each.

#include <tl/autotune.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <vector>

using namespace tl::keywords;

struct touch_config {
  int threads = 32;
};
constexpr auto touch_space = tl::space<touch_config>().axis(&touch_config::threads, {32, 64});

template <touch_config C> __global__ void touch_kernel(int n, float *x) {
  if (static_cast<int>(threadIdx.x) < n)
    x[threadIdx.x] = 1;
}

template <touch_config C = touch_config{}>
TL_AUTOTUNE(configs = touch_space, timeout = 10)
void touch(int n, int m, float *x, cudaStream_t stream) {
  touch_kernel<C><<<1, C.threads, 0, stream>>>(n + 0 * m, x);
}

using touch_launch = tl::kernel<void(float *)>;
template <touch_config C = touch_config{}>
TL_AUTOTUNE(configs = touch_space, timeout = 10)
touch_launch lazy_touch(int n) {
  return touch_launch(touch_kernel<C>, n).grid(1).block(C.threads).template extent<0>(1024);
}

int main() {
  float *x = nullptr;
  cudaStream_t stream;
  if (cudaMalloc(&x, 4096) != cudaSuccess || cudaStreamCreate(&stream) != cudaSuccess)
    return 1;
  constexpr int launches = 500, rounds = 400;
  touch(32, 7, x, stream); // tunes
  // Whichever won: both sides launch the same one. TL_FORCE_CONFIG=threads=32 makes it the default.
  const auto timed = [&](auto &&call) {
    cudaStreamSynchronize(stream);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < launches; ++i)
      call();
    const double ns =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
    cudaStreamSynchronize(stream);
    return ns / launches;
  };
  const auto median = [](std::vector<double> &v) {
    std::nth_element(v.begin(), v.begin() + v.size() / 2, v.end());
    return v[v.size() / 2];
  };
  const touch_launch handle = lazy_touch(32);
  handle.on(stream)(x); // tunes
  // Plain as well, by a call that the compiler cannot see through: what of a difference is noise,
  // or the place of code in memory.
  void (*volatile opaque)(int, int, float *, cudaStream_t) = &touch<touch_config{}>;
  constexpr const char *names[] = {"plain", "dispatch", "plain by pointer", "lazy handle"};
  std::vector<double> ns[4], ratios[4];
  for (int round = 0; round < rounds; ++round) {
    double t[4];
    for (int turn = 0; turn < 4; ++turn)
      switch (const int which = (round + turn) % 4) { // each is first, second, ... equally often
      case 0:
        t[which] = timed([&] { touch<touch_config{}>(32, 7, x, stream); });
        break;
      case 1:
        t[which] = timed([&] { touch(32, 7, x, stream); });
        break;
      case 2:
        t[which] = timed([&] { opaque(32, 7, x, stream); });
        break;
      default:
        t[which] = timed([&] { handle.on(stream)(x); });
      }
    for (int which = 0; which < 4; ++which) {
      ns[which].push_back(t[which]);
      ratios[which].push_back(t[which] / t[0]);
    }
  }
  for (int which = 1; which < 4; ++which)
    std::printf(
        "%s: plain launch %.1f ns, dispatched %.1f ns, ratio %.4f (medians of %d rounds of %d)\n",
        names[which], median(ns[0]), median(ns[which]), median(ratios[which]), rounds, launches);
  if (cudaDeviceSynchronize() != cudaSuccess)
    return 1;
}
