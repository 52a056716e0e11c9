// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <cmath>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

// snippet: space
struct sum_config {
  int block = 64;
  int lanes = 4;
  int unroll = 1;
};

constexpr auto sums = tl::space<sum_config>()
                          .axis(&sum_config::block, {16, 32, 64, 128, 256, 512, 1024})
                          .axis(&sum_config::lanes, {1, 2, 4, 8, 16})
                          .axis(&sum_config::unroll, {1, 2, 3, 4, 5, 6, 7, 8})
                          .where([](sum_config c) { return c.lanes * c.unroll <= c.block; });

template <sum_config C = sum_config{}>
[[tl::autotune(configs = tl::on_demand(sums), tolerance = {.rtol = 1e-4})]]
float sum(int n, const float *x) {
  // end
  float total = 0;
  for (int begin = 0; begin < n; begin += C.block) {
    const int end = begin + C.block < n ? begin + C.block : n;
    float lanes[C.lanes] = {};
    int i = begin;
    for (; i + C.lanes * C.unroll <= end; i += C.lanes * C.unroll)
      for (int u = 0; u < C.unroll; ++u)
        for (int lane = 0; lane < C.lanes; ++lane)
          lanes[lane] += x[i + u * C.lanes + lane];
    for (; i < end; ++i)
      lanes[0] += x[i];
    for (int lane = 0; lane < C.lanes; ++lane)
      total += lanes[lane];
  }
  return total;
}

int main() {
  const std::vector<float> x(1 << 16, 0.5f);
  const float found = sum(1 << 16, x.data());
  std::printf("%s\n", std::fabs(found - 32768) < 10 ? "right" : "wrong");
}
