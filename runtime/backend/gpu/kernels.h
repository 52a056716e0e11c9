// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime's own device kernels (kernels.cu) read and write. Shared between host and
// device.

#ifndef TL_RUNTIME_BACKEND_GPU_KERNELS_H
#define TL_RUNTIME_BACKEND_GPU_KERNELS_H

#if defined(__CUDA__) || defined(__HIP__)
#define TL_BOTH __attribute__((host, device)) inline
#else
#define TL_BOTH inline
#endif

namespace tl::rt::gpu {

/// Bytes that outputs are filled with before a variant runs: in every floating-point type a NaN; an
/// unlikely value of all others.
inline constexpr unsigned char poison_byte = 0xff;
inline constexpr unsigned char other_poison_byte = 0xa5;
/// Byte that guard zones hold.
inline constexpr unsigned char guard_byte = 0xc5;

/// Parameters of `tl_compare`: elements of a strided view, `actual` against `expected`.
struct compare_parameters {
  unsigned long long actual;   ///< device address of the first element
  unsigned long long expected; ///< likewise
  /// Not 0: an element of `actual` that holds poison matches if `expected` is the same as this,
  /// that is, if the reference left it alone.
  unsigned long long untouched;
  /// Not 0: as the caller left it. Elements that are the same in all three were not written.
  unsigned long long before;
  unsigned long long count; ///< elements in all
  unsigned element;         ///< TL_ELEMENT_*
  unsigned element_size;    ///< [bytes]
  unsigned rank;            ///< 0: contiguous
  unsigned equal_nan;
  unsigned exact;    ///< bit for bit, tolerances do not count
  unsigned poison;   ///< the byte
  unsigned poisoned; ///< elements that hold poison on both sides were not written
  double rtol;
  double atol;
  unsigned long long shape[8]; ///< [elements]
  long long strides[8];        ///< [elements]
};

/// Result of `tl_compare`, which adds to what it finds there.
struct compare_result {
  unsigned long long mismatched = 0;
  unsigned long long unwritten = 0; ///< neither by the reference nor by the variant: left out
  unsigned long long first = ~0ull; ///< lowest index of a mismatch
  /// Bits of a double, whose order is that of the numbers: comparison::worst.
  unsigned long long worst = 0;
};

/// Result of `tl_guard`: bytes that do not hold the guard byte, and the first of them.
struct guard_result {
  unsigned long long damaged;
  unsigned long long first;
};

/// Result of `tl_spin`: how far clocks moved meanwhile.
struct clock_result {
  unsigned long long cycles;
  unsigned long long nanoseconds;
};

TL_BOTH float float_of_bits(unsigned bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

/// Value of a small IEEE-like format: `exponent_bits` and `mantissa_bits`, with infinities unless
/// `finite` (E4M3: the only NaN has all bits set, and there is no infinity).
TL_BOTH float small_float(unsigned bits, unsigned exponent_bits, unsigned mantissa_bits,
                          bool finite) {
  const unsigned exponent_mask = (1u << exponent_bits) - 1;
  const unsigned mantissa_mask = (1u << mantissa_bits) - 1;
  const unsigned sign = (bits >> (exponent_bits + mantissa_bits)) & 1;
  const unsigned exponent = (bits >> mantissa_bits) & exponent_mask;
  const unsigned mantissa = bits & mantissa_mask;
  const int bias = int(exponent_mask >> 1);
  if (exponent == exponent_mask && (!finite || mantissa == mantissa_mask))
    return float_of_bits(sign << 31 | 0x7f800000u | (mantissa ? 0x400000u : 0));
  if (exponent == 0) {
    // Subnormal: mantissa * 2^(1 - bias - mantissa_bits), both exact in float.
    const float unit = float_of_bits(unsigned(127 + 1 - bias - int(mantissa_bits)) << 23);
    return (sign ? -1.0f : 1.0f) * float(mantissa) * unit;
  }
  return float_of_bits(sign << 31 | unsigned(int(exponent) - bias + 127) << 23 |
                       mantissa << (23 - mantissa_bits));
}

} // namespace tl::rt::gpu

#undef TL_BOTH

#endif
