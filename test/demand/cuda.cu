// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants with device code are compiled on demand by the compiler's driver. Which ones a session wants takes a
// device (utils/gpu-check, part "on_demand"); a config that is forced takes none, and its host code tells which one
// runs.
//
// REQUIRES: cuda
// RUN: rm -rf %t && mkdir -p %t && cp %s %t/program.cu
// RUN: %clangxx -O2 %plugin %cuda -DPROGRAM -Wall -MD -MF %t/program.d -fplugin-arg-tl-remarks -c %t/program.cu -o %t/program.o 2> %t/said
//
// With a CUDA runtime of its own, which nobody else finds by name: libraries use the toolkit's shared one.
// RUN: %clangxx %t/program.o -o %t/program %runtime_static %cudalibs
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=64 %t/program > %t/first 2>&1; FileCheck %s --check-prefix=MADE --input-file=%t/first
// MADE-NOT: no library
// MADE: 64 threads
// RUN: find %t.cache/on-demand -name '*.so' -exec llvm-readelf -d {} + | FileCheck %s --check-prefix=OWN
// OWN: NEEDED{{.*}}libcudart.so
//
// It has the device code of that variant and of nothing else, and whatever the program starts with is not in it.
// RUN: %python %source_dir/test/cuda/Inputs/cubins.py $(find %t.cache/on-demand -name '*.so') > %t/kernels; FileCheck %s --check-prefix=KERNELS --input-file=%t/kernels
// KERNELS: sm_90: {{.*}} _Z11fill_kernelIXtl11fill_configLi64ELi1EEEEviPf
// RUN: llvm-nm -C $(find %t.cache/on-demand -name '*.so') > %t/symbols && not grep -E ' main$|at_start' %t/symbols
//
// Later runs load it, without the source and without a compiler.
// RUN: mv %t/program.cu %t/away.cu
// RUN: env CUDA_VISIBLE_DEVICES= TL_TUNE=off TL_FORCE_CONFIG=threads=64 %t/program 2>&1 | FileCheck %s --check-prefix=MADE
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=128 %t/program 2>&1 | FileCheck %s --check-prefix=GONE
// GONE: no library of this user's has: {{.*}}the source {{.*}}program.cu is not there
// RUN: mv %t/away.cu %t/program.cu
//
// Linked with the shared runtime, they use the program's.
// RUN: rm -r %t.cache && %clangxx %t/program.o -o %t/shared %runtime_static -L%cuda_path/lib64 -Wl,-rpath,%cuda_path/lib64 -lcudart
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=64 %t/shared 2>&1 | FileCheck %s --check-prefix=MADE
// RUN: find %t.cache/on-demand -name '*.so' -exec llvm-readelf -d {} + | FileCheck %s --check-prefix=SHARED
// SHARED-NOT: libcudart
//
// What the front end or ptxas refuses is the variant's affair.
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=96 %t/program 2>&1 | FileCheck %s --check-prefix=REFUSED
// REFUSED: did not compile: {{.*}}96 is not made
// REFUSED: 32 threads
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=1024 %t/program 2>&1 | FileCheck %s --check-prefix=PTXAS
// PTXAS: did not compile: ptxas error {{.*}}shared data
// PTXAS: 32 threads
//
// A shared library's factory, whoever opens it.
// RUN: rm -r %t.cache && %clangxx -O2 %plugin %cuda -fPIC -shared -fvisibility=hidden %t/program.cu -o %t/library.so %runtime %cudalibs
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=64 %python -c "import ctypes; ctypes.CDLL('%t/library.so').run()" 2>&1 | FileCheck %s --check-prefix=MADE
//
// Where nvcc makes the device code, it makes that of later variants, too.
// RUN: mkdir %t/bin && ln -s %cuda_path/bin/ptxas %cuda_path/bin/fatbinary %t/bin
// RUN: echo '#!/bin/sh' > %t/bin/nvcc && echo 'echo "$@" >> %t/calls; exec %cuda_path/bin/nvcc "$@"' >> %t/bin/nvcc && chmod +x %t/bin/nvcc
// RUN: rm -r %t.cache && %tl_nvcc --nvcc=%t/bin/nvcc -Xnvcc --maxrregcount=64 %clangxx -O2 %plugin %cuda -DPROGRAM -c %t/program.cu -o %t/nvcc.o
// RUN: %clangxx %t/nvcc.o -o %t/nvcc %runtime_static %cudalibs && rm %t/calls
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=64 %t/nvcc 2>&1 | FileCheck %s --check-prefix=MADE
// RUN: FileCheck %s --check-prefix=NVCC --input-file=%t/calls
// NVCC: -ptx {{.*}}--maxrregcount=64
// RUN: llvm-readelf -S $(find %t.cache/on-demand -name '*.so') | FileCheck %s --check-prefix=DEVICE
// DEVICE: .nv_fatbin
//
// What cannot be compiled again says why.
// RUN: %clangxx -O2 %plugin %cuda -DPROGRAM -fgpu-rdc -c %t/program.cu -o %t/rdc.o && %clangxx %cudalink -fgpu-rdc %t/rdc.o -o %t/rdc %runtime_static %cudalibs
// RUN: env CUDA_VISIBLE_DEVICES= TL_FORCE_CONFIG=threads=64 %t/rdc 2>&1 | FileCheck %s --check-prefix=RDC
// RDC: its device code is linked later (-fgpu-rdc)
//
// RUN: for kind in '' static inline; do %clangxx -O2 %plugin %cuda "-DVARIABLE=$kind" -fsyntax-only -Xclang -verify %t/program.cu || exit 1; done

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct fill_config {
  int threads = 32;
  int each = 1;
};
constexpr auto fill_space = tl::space<fill_config>()
                                .axis(&fill_config::threads, {32, 64, 96, 128, 256, 512, 1024})
                                .axis(&fill_config::each, {1, 2, 4, 8});

#ifdef VARIABLE
VARIABLE __constant__ float value; // expected-note {{variable declared here}}
#else
static constexpr float value = 1;
#endif

// Anything that only a program has once: none of it is in a library.
struct loud {
  loud() { std::printf("at_start\n"); }
};
static loud at_start;
__global__ void other_kernel(float *x) { x[0] = 2; }

template <fill_config C> __global__ void fill_kernel(int n, float *x) {
  // More than a block has, for one of them.
  __shared__ float space[C.threads == 1024 ? 1 << 20 : 32];
  space[threadIdx.x % 32] = value;
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x) * C.each; i < n; i += C.threads * C.each)
    for (int j = 0; j < C.each && i + j < n; ++j)
      x[i + j] = space[j];
}

template <fill_config C = fill_config{}>
[[tl::autotune(configs = tl::on_demand(fill_space))]] // expected-error 0-1 {{'fill' uses the device's variable 'value', of which each library of variants would have a copy}} expected-note 0-1 {{while building the dispatcher}}
void fill(int n, float *x, cudaStream_t stream) {
  static_assert(C.threads != 96, "96 is not made");
  std::printf("runs with %d threads\n", C.threads);
  fill_kernel<C><<<1, C.threads, 0, stream>>>(n, x);
}

extern "C" __attribute__((visibility("default"))) void run() {
  fill(16, nullptr, nullptr);
  other_kernel<<<1, 1>>>(nullptr);
  std::fflush(stdout);
}

#ifdef PROGRAM
int main() { run(); }
#endif
