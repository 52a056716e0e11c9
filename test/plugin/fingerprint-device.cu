// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// REQUIRES: cuda
//
// What only the device's passes compile is in the fingerprint, which the host's pass makes: branches of the
// preprocessor, the architectures, flags for the device and its assembler, the toolkit.
//
// RUN: rm -rf %t && mkdir %t && cd %t && cp %s original.cu
// RUN: echo '%clangxx %plugin %cuda -w -fplugin-arg-tl-dump=fingerprint --cuda-host-only -fsyntax-only "$@"' > dump
// RUN: echo 'sh dump "$@" | grep "^// fingerprint of"' > print
// RUN: cp original.cu code.cu && sh print code.cu > expected && grep -q fingerprint expected
// RUN: echo 'edit=$1; shift; sed "$edit" original.cu > code.cu; ! cmp -s original.cu code.cu || exit 3' > changes
// RUN: echo 'sh print code.cu > seen || exit 4; ! cmp expected seen' >> changes
// RUN: echo 'edit=$1; shift; sed "$edit" original.cu > code.cu; ! cmp -s original.cu code.cu || exit 3' > keeps
// RUN: echo 'sh print code.cu > seen; cmp expected seen' >> keeps
//
// RUN: sh changes 's/x + 1/x + 3/'
// RUN: sh changes 's/x + 2/x + 4/'
// RUN: sh changes 's/return -x/return ~x/'
// RUN: sh changes 's/define SCALE 2/define SCALE 3/'
// RUN: sh changes 's/define SCALE 4/define SCALE 5/'
// RUN: sh changes 's/v \* 2/v + 2/'
// RUN: sh changes 's/x << 1/x << 2/'
// RUN: sh keeps 's/x + 9/x + 8/'
// RUN: sh keeps 's/return 7/return 8/'
// RUN: cp original.cu code.cu
// RUN: sh print --offload-arch=sm_80 code.cu > seen && not cmp seen expected
// RUN: sh print -Xarch_device -O1 code.cu > seen && not cmp seen expected
// RUN: sh print -Xcuda-ptxas -O1 code.cu > seen && not cmp seen expected
// RUN: sh dump code.cu | %filecheck %s
//
// In steps, and preprocessed by hand: the compiler gets source without those branches.
// RUN: mkdir folder && echo '#ifdef __CUDA_ARCH__' > folder/h.h && echo '#define OFFSET 1' >> folder/h.h && echo '#else' >> folder/h.h && echo '#define OFFSET VALUE' >> folder/h.h && echo '#endif' >> folder/h.h
// RUN: sed 's/x + 2;/x + 2 + OFFSET;/; s/^#include.*/&\n#include "h.h"/' original.cu > code.cu && cp code.cu first.cu
// RUN: echo '%clangxx %plugin %cuda -w -fplugin-arg-tl-dump=fingerprint -Ifolder -DVALUE=7 "$@" | grep "^// fingerprint of"' > steps
// RUN: echo '%clangxx %cuda -w -Ifolder -DVALUE=7 --cuda-host-only -E code.cu -o code.cui && sh steps --cuda-host-only -x cuda-cpp-output -c code.cui -o code.o' > by-hand
// RUN: sh steps -fsyntax-only code.cu > direct && grep -q fingerprint direct
// RUN: sh steps -save-temps -c code.cu -o code.o | cmp - direct
// RUN: sh steps -save-temps=obj -c code.cu -o folder/code.o | cmp - direct
// RUN: sh by-hand | cmp - direct
// RUN: sed 's/x + 1/x + 3/' first.cu > code.cu
// RUN: sh steps -fsyntax-only code.cu > edited && not cmp direct edited
// RUN: sh steps -save-temps -c code.cu -o code.o | cmp - edited
// RUN: sh by-hand | cmp - edited
// RUN: cp first.cu code.cu && sed -i 's/OFFSET 1/OFFSET 3/' folder/h.h
// RUN: sh steps -fsyntax-only code.cu > edited && sh steps -save-temps -c code.cu -o code.o | cmp - edited
// CHECK-DAG: // flag CUDART_VERSION {{[0-9]+$}}
// CHECK-DAG: // flag device for sm_90
// CHECK-NOT: __nv_

#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int t = 32;
};
#ifdef __CUDA_ARCH__
#define SCALE 2
__device__ inline int device_only(int x) { return -x; }
#else
#define SCALE 4
#endif
inline __device__ int from_device_branch(int x) { return x << 1; }
inline __device__ int unrelated(int x) {
#ifdef __CUDA_ARCH__
  return x + 9;
#endif
  return 7;
}
__device__ int host_or_device(int x) {
#ifdef __CUDA_ARCH__
  return device_only(x + 1) * from_device_branch(x);
#else
  return x + 2;
#endif
}
template <config C, class F> __global__ void k(int *x, F f) { x[threadIdx.x] = host_or_device(f(C.t)) * SCALE; }
template <class F, config C = config{}> [[tl::autotune({.t = 64})]] void run(int *x, F f) { k<C><<<1, C.t>>>(x, f); }
void use(int *x) {
  run(x, [=] __device__(int v) { return v * 2; });
}
