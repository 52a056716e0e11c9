// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int step = 1;
};
using launch = tl::kernel<int(tl::in<float>, tl::out<float>)>;

template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, supply = tl::supply::uniform, warmup = 0, rep = 4)
launch twice(int n) {
  return launch([n](tl::in<float> from, tl::out<float> to) {
    for (int first = 0; first < C.step; ++first)
      for (int i = first; i < n; i += C.step)
        to.data()[i] = 2 * from.data()[i];
    return n;
  });
}
launch (*const twice_in_library)(int) = &twice;
