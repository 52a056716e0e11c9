// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A source for nvcc that uses what Clang's CUDA headers lack: both compilers take it with
// <tl/nvcc_compat.h>, and Clang does not take it without.
//
// REQUIRES: cuda
// RUN: %clangxx %cuda -O2 --cuda-device-only -S %s -o - | FileCheck %s
// RUN: %clangxx %cuda -Wall -Wextra -Werror -Wno-unknown-cuda-version -c %s -o %t.o
// RUN: %clangxx %cuda -Werror -fsyntax-only -DUSING_STD %s
// RUN: %cuda_path/bin/nvcc -std=c++20 -arch=sm_90 -I%source_dir/include -c %s -o %t.nvcc.o
// RUN: %cuda_path/bin/nvcc -std=c++20 -arch=sm_90 -I%source_dir/include -DUSING_STD -c %s -o %t.nvcc.o
// RUN: not %clangxx %cuda -DWITHOUT -fsyntax-only -ferror-limit=0 %s 2>&1 | FileCheck --check-prefix=WITHOUT %s

#ifndef WITHOUT
#include <tl/nvcc_compat.h>
#endif
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <type_traits>
#ifdef USING_STD
using namespace std;
#endif

// CHECK-LABEL: .entry _Z6stores
// CHECK: st.global.wb.u32
// CHECK: st.global.cg.v4.u32
// CHECK: st.global.cs.u64
// CHECK: st.global.cs.u16
// CHECK: st.global.cs.u8
// WITHOUT-DAG: use of undeclared identifier '__stwb'
// WITHOUT-DAG: use of undeclared identifier '__stcg'
// WITHOUT-DAG: use of undeclared identifier '__stcs'
__global__ void stores(float *x, float4 *y, double *z, short *s, char *c) {
  __stwb(x, 1); // converted, as nvcc's does
  __stcg(y, make_float4(1, 2, 3, 4));
  __stcs(z, 2.0);
  __stcs(s, static_cast<short>(3));
  __stcs(c, static_cast<char>(4));
}

// CHECK-LABEL: .entry _Z5loads
// CHECK: ld.global.ca.v4.u32
// CHECK: ld.global.lu.u32
// CHECK: ld.global.ca.u8
// WITHOUT-DAG: use of undeclared identifier '__ldca'
// WITHOUT-DAG: use of undeclared identifier '__ldlu'
__global__ void loads(const float4 *x, const int *y, const signed char *z, float *to) {
  const float4 it = __ldca(x);
  *to = it.x + static_cast<float>(__ldlu(y) + __ldca(z));
}

// In single precision, as with nvcc.
// CHECK-LABEL: .entry _Z7singles
// CHECK-NOT: f64
// CHECK: tanh.approx.f32
// CHECK-NOT: f64
// CHECK: ret
// WITHOUT-DAG: no matching function for call to '__tanhf'
__global__ void singles(float *x) {
  x[0] = rsqrt(x[0]) + rcbrt(x[1]) + erfcx(x[2]) + exp10(x[3]) + max(x[4], 1.0f);
  x[1] = __tanhf(x[1]);
}

// WITHOUT-DAG: no matching function for call to 'max'
// WITHOUT-DAG: no matching function for call to 'min'
int on_the_host(float x, int n, unsigned u, long l, double d) {
  static_assert(std::is_same_v<decltype(max(n, n)), int> && std::is_same_v<decltype(min(n, u)), unsigned>);
  static_assert(std::is_same_v<decltype(max(l, l)), long> && std::is_same_v<decltype(min(x, x)), float>);
  static_assert(std::is_same_v<decltype(max(x, d)), double> && std::is_same_v<decltype(exp2(x)), float>);
  return isfinite(x) && !isnan(max(x, 1.0f)) && min(n, 2) == max(0, n) && min(1ll, 2ll) == 1 && max(d, x) > 0;
}
