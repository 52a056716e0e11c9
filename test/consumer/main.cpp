// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct scale_config {
  int unroll = 1;
};

template <scale_config C = scale_config{}>
TL_AUTOTUNE({.unroll = 1}, {.unroll = 4}, timeout = 10)
void scale(int n, float factor, float *data) {
  int i = 0;
  for (; i + C.unroll <= n; i += C.unroll)
    for (int j = 0; j < C.unroll; ++j)
      data[i + j] *= factor;
  for (; i < n; ++i)
    data[i] *= factor;
}

int main() {
  std::vector<float> data(1000, 3.0f);
  scale(1000, 2.0f, data.data());
  for (float value : data)
    if (value != 6.0f)
      return 1;
  std::puts("right");
}
