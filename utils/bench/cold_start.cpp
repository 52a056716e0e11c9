// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program that utils/bench/cold_start runs: one call, dispatched or of a variant directly.

#include <tl/autotune.h>

#include <cstring>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
inline constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 4, 8});

template <config C = config{}> [[tl::autotune(configs = space)]] void scale(int n, float *data) {
  int i = 0;
  for (; i + C.unroll <= n; i += C.unroll)
    for (int j = 0; j < C.unroll; ++j)
      data[i + j] *= 2;
  for (; i < n; ++i)
    data[i] *= 2;
}

int main(int argc, char **argv) {
  std::vector<float> data(1000, 1.0f);
  if (argc > 1 && std::strcmp(argv[1], "direct") == 0)
    scale<config{.unroll = 4}>(int(data.size()), data.data());
  else
    scale(int(data.size()), data.data());
  return data[0] == 2 ? 0 : 1;
}
