// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The value of one generated element: a function of what is asked for, the seed and the element's
// number, in arithmetic that is exact, so that host and devices make the same bits. Compiled for
// both.

#ifndef TL_RUNTIME_DOMAIN_ELEMENT_VALUE_H
#define TL_RUNTIME_DOMAIN_ELEMENT_VALUE_H

#include <tl/abi.h>

#if defined(__CUDA__) || defined(__HIP__)
#define TL_SUPPLY_BOTH __attribute__((host, device)) inline
#else
#define TL_SUPPLY_BOTH inline
#endif

namespace tl::rt {

/// Elements of one buffer.
struct supply_parameters {
  unsigned long long data;  ///< address of the first element
  unsigned long long count; ///< elements
  unsigned long long seed;  ///< the user's and the buffer's
  unsigned element;         ///< TL_ELEMENT_*, of known size
  unsigned kind;            ///< TL_SUPPLY_*
};

/// The output function of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014), used as a hash.
TL_SUPPLY_BOTH unsigned long long supply_hash(unsigned long long seed, unsigned long long index) {
  unsigned long long z = seed + 0x9e3779b97f4a7c15ull * (index + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

/// A whole number from `low` to `high`.
TL_SUPPLY_BOTH int supply_whole(unsigned long long hash, int low, int high) {
  return low + static_cast<int>((hash >> 33) % static_cast<unsigned>(high - low + 1));
}

/// In [-1, 1), a multiple of 2^-23.
TL_SUPPLY_BOTH float supply_uniform(unsigned long long hash) {
  return static_cast<float>(static_cast<int>(hash >> 40) - (1 << 23)) * (1.0f / (1 << 23));
}

/// Mean 0 and deviation 1, within -6 and 6: the sum of twelve uniform numbers, less 6.
TL_SUPPLY_BOTH float supply_normal(unsigned long long hash) {
  int sum = -6 * 65535;
  for (unsigned i = 0; i < 3; ++i) {
    const unsigned long long word = supply_hash(hash, i);
    sum += static_cast<int>(word & 0xffff) + static_cast<int>((word >> 16) & 0xffff) +
           static_cast<int>((word >> 32) & 0xffff) + static_cast<int>(word >> 48);
  }
  return static_cast<float>(sum) * (1.0f / 65536);
}

TL_SUPPLY_BOTH unsigned supply_bits(float value) {
  unsigned bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// A float as a binary floating-point number of fewer bits, rounded to nearest, ties to even. Only
/// for numbers within the smaller type's range.
TL_SUPPLY_BOTH unsigned supply_narrow(float value, int exponent_bits, int mantissa_bits) {
  const unsigned bits = supply_bits(value);
  const unsigned sign = (bits >> 31) << (exponent_bits + mantissa_bits);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  int exponent = static_cast<int>((bits >> 23) & 0xff) - 127 + bias;
  if ((bits & 0x7fffffff) == 0)
    return sign;
  unsigned mantissa = (bits & 0x7fffff) | 0x800000;
  int shift = 23 - mantissa_bits;
  if (exponent < 1) { // subnormal in the smaller type
    shift += 1 - exponent;
    exponent = 1;
  }
  if (shift > 24)
    return sign;
  const unsigned half = 1u << (shift - 1), rest = mantissa & ((1u << shift) - 1);
  mantissa >>= shift;
  if (rest > half || (rest == half && (mantissa & 1)))
    ++mantissa;
  // The hidden bit adds one to the exponent, and so does a mantissa that was rounded up to the next
  // power.
  return sign | (((static_cast<unsigned>(exponent) - 1) << mantissa_bits) + mantissa);
}

TL_SUPPLY_BOTH bool supply_is_floating(unsigned element) {
  return element >= TL_ELEMENT_F16 && element <= TL_ELEMENT_E5M2;
}
TL_SUPPLY_BOTH bool supply_is_unsigned(unsigned element) {
  return element == TL_ELEMENT_U8 || element == TL_ELEMENT_U16 || element == TL_ELEMENT_U32 ||
         element == TL_ELEMENT_U64;
}

/// The ranges are those of <tl/supply.h>.
TL_SUPPLY_BOTH float supply_value(unsigned kind, unsigned element, unsigned long long hash) {
  const bool small = element == TL_ELEMENT_E4M3 || element == TL_ELEMENT_E5M2;
  switch (kind) {
  case TL_SUPPLY_ZERO:
    return 0;
  case TL_SUPPLY_ONE:
    return 1;
  case TL_SUPPLY_RANDN:
    return supply_normal(hash);
  case TL_SUPPLY_UNIFORM:
    return supply_is_floating(element) ? supply_uniform(hash) : 1;
  case TL_SUPPLY_NORMAL:
    return supply_is_floating(element) ? supply_normal(hash) - 1 : 1;
  default:
    if (small)
      return static_cast<float>(supply_whole(hash, -128, 127));
    if (supply_is_floating(element) && kind == TL_SUPPLY_AUTO)
      return supply_uniform(hash);
    if (element == TL_ELEMENT_BOOL)
      return static_cast<float>(supply_whole(hash, 0, 1));
    return static_cast<float>(supply_is_unsigned(element) ? supply_whole(hash, 0, 2)
                                                          : supply_whole(hash, -2, 2));
  }
}

template <class T> TL_SUPPLY_BOTH void supply_store(void *data, unsigned long long index, T value) {
  static_cast<T *>(data)[index] = value;
}

/// Writes element `index` of a buffer.
TL_SUPPLY_BOTH void supply_element(const supply_parameters &p, void *data,
                                   unsigned long long index) {
  const float value = supply_value(p.kind, p.element, supply_hash(p.seed, index));
  const long long whole = static_cast<long long>(value);
  switch (p.element) {
  case TL_ELEMENT_BOOL:
    return supply_store(data, index, static_cast<unsigned char>(whole != 0));
  case TL_ELEMENT_I8:
  case TL_ELEMENT_U8:
    return supply_store(
        data, index,
        static_cast<unsigned char>(supply_is_unsigned(p.element) && whole < 0 ? 0 : whole));
  case TL_ELEMENT_I16:
  case TL_ELEMENT_U16:
    return supply_store(
        data, index,
        static_cast<unsigned short>(supply_is_unsigned(p.element) && whole < 0 ? 0 : whole));
  case TL_ELEMENT_I32:
  case TL_ELEMENT_U32:
    return supply_store(
        data, index, static_cast<unsigned>(supply_is_unsigned(p.element) && whole < 0 ? 0 : whole));
  case TL_ELEMENT_I64:
  case TL_ELEMENT_U64:
    return supply_store(
        data, index,
        static_cast<unsigned long long>(supply_is_unsigned(p.element) && whole < 0 ? 0 : whole));
  case TL_ELEMENT_F16:
    return supply_store(data, index, static_cast<unsigned short>(supply_narrow(value, 5, 10)));
  case TL_ELEMENT_BF16:
    return supply_store(data, index, static_cast<unsigned short>(supply_narrow(value, 8, 7)));
  case TL_ELEMENT_E4M3:
    return supply_store(data, index, static_cast<unsigned char>(supply_narrow(value, 4, 3)));
  case TL_ELEMENT_E5M2:
    return supply_store(data, index, static_cast<unsigned char>(supply_narrow(value, 5, 2)));
  case TL_ELEMENT_F32:
    return supply_store(data, index, value);
  case TL_ELEMENT_F64:
    return supply_store(data, index, static_cast<double>(value));
  default:
    return;
  }
}

} // namespace tl::rt

#endif
