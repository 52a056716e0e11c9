// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Hopper's tensor cores (wgmma), for the three examples that use them.

#ifndef TL_EXAMPLES_CUDA_WGMMA_H
#define TL_EXAMPLES_CUDA_WGMMA_H

#include "gemm.h"

#include <cstdint>

/// 64 x N x 16 on one warpgroup: adds A * B^T to what its threads hold, or puts it in its place.
/// The two are in shared memory, or A is what the threads hold. Transposed (of PTX: imm-trans-b):
/// what is stored is B, and not B^T.
template <int N> struct tensor_core;

#define REGISTERS_0 "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
#define REGISTERS_16 "%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define REGISTERS_32 "%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47"
#define REGISTERS_48 "%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define REGISTERS_64 "%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79"
#define REGISTERS_80 "%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,%94,%95"
#define REGISTERS_96 "%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111"
#define REGISTERS_112                                                                              \
  "%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"
#define FLOATS_16(x, i)                                                                            \
  "+f"(x[i]), "+f"(x[i + 1]), "+f"(x[i + 2]), "+f"(x[i + 3]), "+f"(x[i + 4]), "+f"(x[i + 5]),      \
      "+f"(x[i + 6]), "+f"(x[i + 7]), "+f"(x[i + 8]), "+f"(x[i + 9]), "+f"(x[i + 10]),             \
      "+f"(x[i + 11]), "+f"(x[i + 12]), "+f"(x[i + 13]), "+f"(x[i + 14]), "+f"(x[i + 15])
// The numbers of the operands that follow the N / 2 registers of the sum: O0 to O5.
#define TENSOR_CORE(N, REGISTERS, O0, O1, O2, O3, O4, O5, ...)                                     \
  template <> struct tensor_core<N> {                                                              \
    template <bool Add = true, bool Transposed = false>                                            \
    __device__ static void multiply(float (&sum)[N / 2], std::uint64_t a, std::uint64_t b) {       \
      asm volatile("wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.f16.f16 {" REGISTERS "}, " O0   \
                   ", " O1 ", " O2 ", 1, 1, 0, " O3 ";"                                            \
                   : __VA_ARGS__                                                                   \
                   : "l"(a), "l"(b), "n"(int(Add)), "n"(int(Transposed)));                         \
    }                                                                                              \
    template <bool Transposed = false>                                                             \
    __device__ static void multiply(float (&sum)[N / 2], const std::uint32_t *a,                   \
                                    std::uint64_t b) {                                             \
      asm volatile("wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.f16.f16 {" REGISTERS "}, {" O0  \
                   ", " O1 ", " O2 ", " O3 "}, " O4 ", 1, 1, 1, " O5 ";"                           \
                   : __VA_ARGS__                                                                   \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "n"(int(Transposed)));    \
    }                                                                                              \
  };

TENSOR_CORE(64, REGISTERS_0 "," REGISTERS_16, "%32", "%33", "%34", "%35", "%36", "%37",
            FLOATS_16(sum, 0), FLOATS_16(sum, 16))
TENSOR_CORE(96, REGISTERS_0 "," REGISTERS_16 "," REGISTERS_32, "%48", "%49", "%50", "%51", "%52",
            "%53", FLOATS_16(sum, 0), FLOATS_16(sum, 16), FLOATS_16(sum, 32))
TENSOR_CORE(128, REGISTERS_0 "," REGISTERS_16 "," REGISTERS_32 "," REGISTERS_48, "%64", "%65",
            "%66", "%67", "%68", "%69", FLOATS_16(sum, 0), FLOATS_16(sum, 16), FLOATS_16(sum, 32),
            FLOATS_16(sum, 48))
TENSOR_CORE(160, REGISTERS_0 "," REGISTERS_16 "," REGISTERS_32 "," REGISTERS_48 "," REGISTERS_64,
            "%80", "%81", "%82", "%83", "%84", "%85", FLOATS_16(sum, 0), FLOATS_16(sum, 16),
            FLOATS_16(sum, 32), FLOATS_16(sum, 48), FLOATS_16(sum, 64))
TENSOR_CORE(192,
            REGISTERS_0 "," REGISTERS_16 "," REGISTERS_32 "," REGISTERS_48 "," REGISTERS_64
                        "," REGISTERS_80,
            "%96", "%97", "%98", "%99", "%100", "%101", FLOATS_16(sum, 0), FLOATS_16(sum, 16),
            FLOATS_16(sum, 32), FLOATS_16(sum, 48), FLOATS_16(sum, 64), FLOATS_16(sum, 80))
TENSOR_CORE(256,
            REGISTERS_0 "," REGISTERS_16 "," REGISTERS_32 "," REGISTERS_48 "," REGISTERS_64
                        "," REGISTERS_80 "," REGISTERS_96 "," REGISTERS_112,
            "%128", "%129", "%130", "%131", "%132", "%133", FLOATS_16(sum, 0), FLOATS_16(sum, 16),
            FLOATS_16(sum, 32), FLOATS_16(sum, 48), FLOATS_16(sum, 64), FLOATS_16(sum, 80),
            FLOATS_16(sum, 96), FLOATS_16(sum, 112))

#undef TENSOR_CORE
#undef FLOATS_16
#undef REGISTERS_0
#undef REGISTERS_16
#undef REGISTERS_32
#undef REGISTERS_48
#undef REGISTERS_64
#undef REGISTERS_80
#undef REGISTERS_96
#undef REGISTERS_112

/// Nothing that reads or writes these registers is moved across: the compiler does not know that
/// the tensor cores use them until they are waited for.
template <int Count> __device__ inline void keep_here(float (&values)[Count]) {
#pragma unroll
  for (int i = 0; i < Count; ++i)
    asm volatile("" : "+f"(values[i])::"memory");
}

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

/// The same for B as it is stored, of which 64 columns make a row of the tile, and the next 64 are
/// `apart` bytes away.
__device__ inline std::uint64_t transposed_descriptor(std::uint32_t at, std::uint32_t apart) {
  return (std::uint64_t(at & 0x3ffff) >> 4) | std::uint64_t(apart >> 4) << 16 |
         std::uint64_t(1024 >> 4) << 32 | std::uint64_t(1) << 62;
}

#endif
