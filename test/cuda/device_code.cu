// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin changes in CUDA device code: arrays of float4, and arrays that a loop without a pragma runs over, stay
// in registers; accesses of shared memory through a cast are as wide as the cast says. The remark names what is left.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda -O2 --cuda-device-only -S %s -o %t.ptx
// RUN: FileCheck %s --input-file=%t.ptx --implicit-check-not .local
// RUN: FileCheck --check-prefix=ALIGNED %s --input-file=%t.ptx
// RUN: FileCheck --check-prefix=ROUNDS %s --input-file=%t.ptx
// RUN: %clangxx %plugin %cuda -O2 --cuda-device-only -S -fplugin-arg-tl-device-code=clang %s -o %t.clang.ptx
// RUN: FileCheck --check-prefix=CLANG %s --input-file=%t.clang.ptx
// RUN: FileCheck --check-prefix=TWO %s --input-file=%t.clang.ptx
// RUN: %clangxx %plugin %cuda -O2 --cuda-device-only -S -fplugin-arg-tl-device-code=clang -fplugin-arg-tl-remarks %s -o %t.clang.ptx 2>&1 | FileCheck --check-prefix=REMARK %s
// RUN: %clangxx %plugin %cuda -O2 --cuda-device-only -S -fplugin-arg-tl-remarks %s -o %t.ptx 2>&1 | FileCheck --check-prefix=NONE --allow-empty %s
//
// Which code it is, is part of the fingerprint.
// RUN: %clangxx %plugin %cuda -DFACTORY --cuda-host-only -fsyntax-only -fplugin-arg-tl-dump=fingerprint %s | grep "fingerprint of" > %t.adapted.txt
// RUN: %clangxx %plugin %cuda -DFACTORY --cuda-host-only -fsyntax-only -fplugin-arg-tl-dump=fingerprint -fplugin-arg-tl-device-code=clang %s | grep "fingerprint of" > %t.clang.txt
// RUN: not cmp -s %t.adapted.txt %t.clang.txt

// NONE-NOT: in memory
// CLANG: .local
// REMARK-DAG: remark: kernel 'held(float4 const*, float4*)' keeps 1 local variable of 64 bytes in memory
// REMARK-DAG: remark: kernel 'tiles(float const*, float*)' keeps {{[23]}} local variables of {{[0-9]+}} bytes in memory

/// Copied in, and out again: no field is ever looked at.
// CHECK-LABEL: .entry _Z4held
// CHECK-COUNT-4: ld.global.v4
// CHECK-COUNT-4: st.global.v4
__global__ void held(const float4 *in, float4 *out) {
  float4 values[4];
#pragma unroll
  for (int i = 0; i < 4; ++i)
    values[i] = in[threadIdx.x + 32 * i];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 4; ++i)
    out[threadIdx.x + 32 * i] = values[3 - i];
}

/// The elements of a vector as smaller numbers.
// CHECK-LABEL: .entry _Z6halves
// CHECK: ld.global.v4
// CHECK: st.global.v4
__global__ void halves(const uint4 *in, uint4 *out) {
  uint4 pack[2];
  for (int i = 0; i < 2; ++i)
    pack[i] = in[threadIdx.x + 32 * i];
  unsigned short *each = reinterpret_cast<unsigned short *>(pack);
  for (int i = 0; i < 16; ++i)
    each[i] = static_cast<unsigned short>(each[i] + i);
  for (int i = 0; i < 2; ++i)
    out[threadIdx.x + 32 * i] = pack[i];
}

/// Too large for Clang to unroll by itself.
// CHECK-LABEL: .entry _Z5tiles
// CHECK: ret
__global__ void tiles(const float *in, float *out) {
  float left[16], right[8], sum[16 * 8] = {0};
  for (int k = 0; k < 64; ++k) {
    for (int i = 0; i < 16; ++i)
      left[i] = in[k * 24 + i];
    for (int j = 0; j < 8; ++j)
      right[j] = in[k * 24 + 16 + j];
    for (int i = 0; i < 16; ++i)
      for (int j = 0; j < 8; ++j)
        sum[i * 8 + j] += left[i] * right[j];
  }
  for (int i = 0; i < 16 * 8; ++i)
    out[i] = sum[i];
}

/// The array is aligned as the cast needs it, in namespaces and classes too.
// ALIGNED: .shared .align 16 .b8 {{.*}}swap{{.*}}tile
namespace inner {
struct work {
  static __device__ void swap(const float4 *in, float4 *out) {
    __shared__ float tile[32 * 4];
    *reinterpret_cast<float4 *>(&tile[threadIdx.x * 4]) = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = *reinterpret_cast<float4 *>(tile + (31 - threadIdx.x) * 4);
    out[threadIdx.x + 32] = *(float4 *)&tile[(31 - threadIdx.x) * 4];
  }
};
// CHECK-LABEL: .entry {{.*}}swapped
// CHECK: st.shared.v4
// CHECK: ld.shared.v4
// CHECK-NOT: ld.shared
// CHECK: ret
__global__ void swapped(const float4 *in, float4 *out) { work::swap(in, out); }
} // namespace inner

/// Four rounds of an innermost loop at a time, whose count is known, where it waits for memory.
// ROUNDS-LABEL: .entry {{.*}}pairs
// ROUNDS-COUNT-4: rsqrt.approx
// ROUNDS-NOT: rsqrt.approx
// ROUNDS: ret;
// TWO-LABEL: .entry {{.*}}pairs
// TWO-COUNT-2: rsqrt.approx
// TWO-NOT: rsqrt.approx
// TWO: ret;
__global__ void pairs(int n, const float4 *bodies, float *out) {
  __shared__ float4 tile[256];
  const float own = bodies[blockIdx.x * 256 + threadIdx.x].x;
  float sum = 0;
  for (int at = 0; at < n; at += 256) {
    tile[threadIdx.x] = bodies[at + threadIdx.x];
    __syncthreads();
    for (int j = 0; j < 256; ++j) {
      const float4 other = tile[j];
      sum += other.w * rsqrtf((other.x - own) * (other.x - own) + other.y * other.y + other.z * other.z);
    }
    __syncthreads();
  }
  out[blockIdx.x * 256 + threadIdx.x] = sum;
}

/// Not where the rounds wait for other threads.
// ROUNDS-LABEL: .entry {{.*}}rounds_of_all
// ROUNDS-COUNT-1: bar.sync
// ROUNDS-NOT: bar.sync
// ROUNDS: ret;
__global__ void rounds_of_all(float *x) {
  __shared__ float shared[256];
  for (int j = 0; j < 256; ++j) {
    __syncthreads();
    shared[threadIdx.x ^ j] += x[j * 256] * shared[threadIdx.x] + x[j * 256 + 1] * x[j * 256 + 2];
  }
}

#ifdef FACTORY
#include <tl/autotune.h>
struct config {
  int width = 1;
};
template <config C> __global__ void kernel(int *x) { *x = C.width; }
template <config C = config{}> [[tl::autotune({.width = 2})]] void run(int n, int *x) { kernel<C><<<n, 1>>>(x); }
void use(int *x) { run(1, x); }
#endif
