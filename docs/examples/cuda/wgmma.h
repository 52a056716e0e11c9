// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hopper's tensor cores, straight from shared memory (wgmma), for the two examples that use them.

#ifndef TL_EXAMPLES_CUDA_WGMMA_H
#define TL_EXAMPLES_CUDA_WGMMA_H

#include "gemm.h"

#include <cstdint>

#define FLOATS8(x, i)                                                                              \
  "+f"(x[i]), "+f"(x[i + 1]), "+f"(x[i + 2]), "+f"(x[i + 3]), "+f"(x[i + 4]), "+f"(x[i + 5]),      \
      "+f"(x[i + 6]), "+f"(x[i + 7])

/// 64 x N x 16 on one warpgroup: adds A * B^T, both in shared memory, to what its threads hold.
template <int N> struct tensor_core;
template <> struct tensor_core<128> {
  __device__ static void multiply(float (&sum)[64], std::uint64_t a, std::uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {"
                 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
                 "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,"
                 "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
                 "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
                 "}, %64, %65, 1, 1, 1, 0, 0;"
                 : FLOATS8(sum, 0), FLOATS8(sum, 8), FLOATS8(sum, 16), FLOATS8(sum, 24),
                   FLOATS8(sum, 32), FLOATS8(sum, 40), FLOATS8(sum, 48), FLOATS8(sum, 56)
                 : "l"(a), "l"(b));
  }
};
template <> struct tensor_core<256> {
  __device__ static void multiply(float (&sum)[128], std::uint64_t a, std::uint64_t b) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 {"
                 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15,"
                 "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31,"
                 "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47,"
                 "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63,"
                 "%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79,"
                 "%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,%94,%95,"
                 "%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111,"
                 "%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"
                 "}, %128, %129, 1, 1, 1, 0, 0;"
                 : FLOATS8(sum, 0), FLOATS8(sum, 8), FLOATS8(sum, 16), FLOATS8(sum, 24),
                   FLOATS8(sum, 32), FLOATS8(sum, 40), FLOATS8(sum, 48), FLOATS8(sum, 56),
                   FLOATS8(sum, 64), FLOATS8(sum, 72), FLOATS8(sum, 80), FLOATS8(sum, 88),
                   FLOATS8(sum, 96), FLOATS8(sum, 104), FLOATS8(sum, 112), FLOATS8(sum, 120)
                 : "l"(a), "l"(b));
  }
};

#undef FLOATS8

/// What a thread holds of 64 x N, as store_rows() takes it.
template <int N>
__device__ inline const float (&as_rows(const float (&sum)[N / 2]))
    [N / 8][4] { return reinterpret_cast<const float (&)[N / 8][4]>(sum); }

/// Tells the tensor cores of a tile with rows of 128 bytes, swizzled: groups of eight rows lie 1024
/// bytes apart. PTX ISA, "Matrix Descriptor Format".
__device__ inline std::uint64_t descriptor(std::uint32_t at) {
  return (std::uint64_t(at & 0x3ffff) >> 4) | std::uint64_t(1) << 16 |
         std::uint64_t(1024 >> 4) << 32 | std::uint64_t(1) << 62;
}

#endif
