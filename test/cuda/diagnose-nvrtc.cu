// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NVRTC knows headers by the names that `#include` gives them, so that no two may have one; and it has no use for host code.
//
// REQUIRES: cuda
// RUN: rm -rf %t.d && mkdir -p %t.d/one %t.d/other
// RUN: echo '#include "same.h"' > %t.d/one/first.h && echo '#include "same.h"' > %t.d/other/second.h
// RUN: echo '// one' > %t.d/one/same.h && echo '// other' > %t.d/other/same.h
// RUN: not %clangxx %plugin %cuda -I%t.d -c %s -o %t.o 2>&1 | FileCheck %s "--implicit-check-not={{(warning|error):}}"
// RUN: %clangxx %plugin %cuda -DPLAIN -c %S/Inputs/nvrtc_undivided.cu -o %t.o 2>&1 | FileCheck %S/Inputs/nvrtc_undivided.cu "--implicit-check-not={{(warning|error):}}"

#include <one/first.h>
#include <other/second.h>

#include <tl/autotune.h>

struct config {
  int threads = 128;
};
template <config C> __global__ void kernel(float *y) { *y = C.threads; }

#ifndef __CUDACC_RTC__
// CHECK: second.h:1:{{.*}} error: 'same.h' is another file here ('{{.*}}/other/same.h') than before ('{{.*}}/one/same.h'), which NVRTC cannot tell apart; with tl::nvrtc() each header needs a name of its own
template <config C = config{}>
[[tl::autotune({.threads = 64}, compilers = {tl::nvrtc()})]]
void factory(int n, float *y) {
  kernel<C><<<1, 1>>>(y);
}

void caller() { factory(1, nullptr); }
#endif
