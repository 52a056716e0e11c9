// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// nvcc makes the device code of all variants (utils/tl-nvcc). Each kernel that the host code registers is in the fat
// binary under the same name, also where the two compilers name it differently: zeros at the end of a value, nested and
// inherited members, deduced parameters, `__grid_constant__`.
//
// REQUIRES: cuda
// RUN: %tl_nvcc %clangxx %plugin %cuda -O2 -c %s -o %t.o
// RUN: %python %S/Inputs/registered_kernels.py %t.o 5
// RUN: %tl_nvcc %clangxx %plugin %cuda -O2 --cuda-gpu-arch=sm_80 -c %s -o %t.two.o
// RUN: %python %S/Inputs/registered_kernels.py %t.two.o 5
//
// Everything but a compilation to an object goes to Clang as it is.
// RUN: %tl_nvcc %clangxx %plugin %cuda -fsyntax-only %s
// RUN: %tl_nvcc --marked %clangxx %plugin %cuda -c %s -o %t.clang.o
// RUN: %tl_nvcc --marked %clangxx %plugin %cuda -fplugin-arg-tl-device-compiler=nvcc -c %s -o %t.o
//
// The device compiler, its version and its options are part of the fingerprint.
// RUN: %clangxx %plugin %cuda -fplugin-arg-tl-dump=fingerprint --cuda-host-only -c %s -o %t.o | grep "fingerprint of" > %t.clang.txt
// RUN: %tl_nvcc %clangxx %plugin %cuda -fplugin-arg-tl-dump=fingerprint -c %s -o %t.o | grep "fingerprint of" > %t.nvcc.txt
// RUN: %tl_nvcc -Xnvcc --maxrregcount=64 %clangxx %plugin %cuda -fplugin-arg-tl-dump=fingerprint -c %s -o %t.o | grep "fingerprint of" > %t.regs.txt
// RUN: not cmp -s %t.clang.txt %t.nvcc.txt
// RUN: not cmp -s %t.regs.txt %t.nvcc.txt
//
// What cannot be done is said.
// RUN: not %tl_nvcc %clangxx %plugin %cuda -fgpu-rdc -c %s -o %t.o 2>&1 | FileCheck --check-prefix=RDC %s
// RUN: not %tl_nvcc %clangxx %plugin %cuda -funroll-loops -c %s -o %t.o 2>&1 | FileCheck --check-prefix=FLAG %s
// RUN: not %tl_nvcc %clangxx %plugin %cuda -DHIDDEN -c %s -o %t.o 2>&1 | FileCheck --check-prefix=HIDDEN %s
// RUN: not %tl_nvcc %clangxx %plugin %cuda -DBROKEN -c %s -o %t.o 2>&1 | FileCheck --check-prefix=BROKEN %s
// RUN: not %tl_nvcc --nvcc=/nowhere/nvcc %clangxx %plugin %cuda -c %s -o %t.o 2>&1 | FileCheck --check-prefix=NOWHERE %s
// RUN: not %tl_nvcc %clangxx %cuda -c %s -o %t.o 2>&1 | FileCheck --check-prefix=NOPLUGIN %s
//
// RDC: tl-nvcc: error: -fgpu-rdc (relocatable device code) is not supported
// FLAG: tl-nvcc: error: no option of nvcc is known for -funroll-loops, which may change device code
// HIDDEN: tl-nvcc: error: {{.*}}nvcc.cu: 1 of {{[0-9]+}} kernels cannot be asked of nvcc:
// HIDDEN-NEXT: hidden{{.*}}: it has internal linkage, which no two compilers name alike
// BROKEN: nvcc.cu({{[0-9]+}}){{.*}}error
// NOWHERE: tl-nvcc: error: /nowhere/nvcc: No such file or directory
// NOPLUGIN: tl-nvcc: error: the command loads no plugin

#include <tl/autotune.h>

using namespace tl::keywords;

namespace app {

enum class order { rows, columns };

struct tile {
  int m = 0;
  int n = 0;
};

struct common {
  int unroll = 0;
};

struct config : common {
  int block = 128;
  order by = order::rows;
  bool swizzle = false;
  float scale = 0;
  tile inner = {};
};

constexpr config space[] = {{},
                            {{1}, 64},
                            {{0}, 64, order::columns},
                            {{}, 0, order::rows, true, 0.5f},
                            {{-7}, 0, order::columns, false, 0, {0, 3}}};

template <config C, auto N, class T> __global__ void scale(int n, T *x, const __grid_constant__ common more) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    x[i] *= C.block + C.inner.n + N + int(C.by) + C.unroll + C.scale + more.unroll;
}

#ifdef HIDDEN
namespace {
template <int N> __global__ void hidden(float *x) { x[0] = N; }
} // namespace
#endif

#if defined(BROKEN) && defined(__NVCC__)
static_assert(false, "for nvcc alone");
#endif

template <config C = config{}> [[tl::autotune(configs = space)]] void run(int n, float *x) {
  scale<C, 0L><<<1, 64>>>(n, x, common{});
}

__global__ void plain(float *x) { x[0] = 1; }

void use(int n, float *x) {
  run(n, x);
  plain<<<1, 1>>>(x);
#ifdef HIDDEN
  hidden<1><<<1, 1>>>(x);
#endif
}

} // namespace app
