// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

namespace math {

using namespace tl::keywords;

struct add_config {
  int unroll = 1;
};

template <class T, add_config C = add_config{}>
TL_AUTOTUNE({.unroll = 1}, {.unroll = 4}, timeout = 10)
void add(int n, const T *a, T *b) {
  int i = 0;
  for (; i + C.unroll <= n; i += C.unroll)
    for (int j = 0; j < C.unroll; ++j)
      b[i + j] += a[i + j];
  for (; i < n; ++i)
    b[i] += a[i];
}

} // namespace math
