// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What sources written for nvcc use and Clang's CUDA headers do not have: stores and loads with a
// cache policy, and the toolkit's global min, max and classification functions in host code. With
// nvcc, and outside of CUDA, it adds nothing. It stands alone: no other header of the library
// includes it.

#ifndef TL_NVCC_COMPAT_H
#define TL_NVCC_COMPAT_H

// Brings isfinite, isnan, exp2(float), ... into the global namespace of host code.
#include <math.h> // NOLINT(modernize-deprecated-headers)

#if defined(__clang__) && defined(__CUDA__)

#include <type_traits>

namespace tl::nvcc_compat {

/// What a value of Bytes bytes is in registers.
template <unsigned Bytes> struct bits;
template <> struct bits<1> {
  using type = unsigned char;
};
template <> struct bits<2> {
  using type = unsigned short;
};
template <> struct bits<4> {
  using type = unsigned;
};
template <> struct bits<8> {
  using type = unsigned long long;
};
template <> struct bits<16> {
  using type = uint4;
};

template <class Type>
concept accessible = std::is_trivially_copyable_v<Type> &&
                     (sizeof(Type) == 1 || sizeof(Type) == 2 || sizeof(Type) == 4 ||
                      sizeof(Type) == 8 || sizeof(Type) == 16);

} // namespace tl::nvcc_compat

// A function for each policy: of a store (write back at all levels, at the second level only,
// likely used once), and of a load (cached at all levels, used for the last time).
#define TL_STORE(name, policy)                                                                     \
  template <tl::nvcc_compat::accessible Type>                                                      \
  __device__ __forceinline__ void name(Type *to, std::type_identity_t<Type> value) {               \
    typename tl::nvcc_compat::bits<sizeof(Type)>::type it;                                         \
    __builtin_memcpy(&it, &value, sizeof it);                                                      \
    const auto at = __cvta_generic_to_global(to);                                                  \
    if constexpr (sizeof(Type) == 1)                                                               \
      asm volatile("st.global." policy ".u8 [%0], %1;" ::"l"(at), "r"(static_cast<int>(it))        \
                   : "memory");                                                                    \
    else if constexpr (sizeof(Type) == 2)                                                          \
      asm volatile("st.global." policy ".u16 [%0], %1;" ::"l"(at), "h"(it) : "memory");            \
    else if constexpr (sizeof(Type) == 4)                                                          \
      asm volatile("st.global." policy ".u32 [%0], %1;" ::"l"(at), "r"(it) : "memory");            \
    else if constexpr (sizeof(Type) == 8)                                                          \
      asm volatile("st.global." policy ".u64 [%0], %1;" ::"l"(at), "l"(it) : "memory");            \
    else                                                                                           \
      asm volatile("st.global." policy ".v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(at), "r"(it.x),     \
                   "r"(it.y), "r"(it.z), "r"(it.w)                                                 \
                   : "memory");                                                                    \
  }
#define TL_LOAD(name, policy)                                                                      \
  template <tl::nvcc_compat::accessible Type>                                                      \
  __device__ __forceinline__ Type name(const Type *from) {                                         \
    typename tl::nvcc_compat::bits<sizeof(Type)>::type it;                                         \
    const auto at = __cvta_generic_to_global(from);                                                \
    if constexpr (sizeof(Type) == 1) {                                                             \
      unsigned wide;                                                                               \
      asm volatile("ld.global." policy ".u8 %0, [%1];" : "=r"(wide) : "l"(at) : "memory");         \
      it = static_cast<unsigned char>(wide);                                                       \
    } else if constexpr (sizeof(Type) == 2)                                                        \
      asm volatile("ld.global." policy ".u16 %0, [%1];" : "=h"(it) : "l"(at) : "memory");          \
    else if constexpr (sizeof(Type) == 4)                                                          \
      asm volatile("ld.global." policy ".u32 %0, [%1];" : "=r"(it) : "l"(at) : "memory");          \
    else if constexpr (sizeof(Type) == 8)                                                          \
      asm volatile("ld.global." policy ".u64 %0, [%1];" : "=l"(it) : "l"(at) : "memory");          \
    else                                                                                           \
      asm volatile("ld.global." policy ".v4.u32 {%0, %1, %2, %3}, [%4];"                           \
                   : "=r"(it.x), "=r"(it.y), "=r"(it.z), "=r"(it.w)                                \
                   : "l"(at)                                                                       \
                   : "memory");                                                                    \
    Type value;                                                                                    \
    __builtin_memcpy(&value, &it, sizeof value);                                                   \
    return value;                                                                                  \
  }
TL_STORE(__stwb, "wb")
TL_STORE(__stcg, "cg")
TL_STORE(__stcs, "cs")
TL_LOAD(__ldca, "ca")
TL_LOAD(__ldlu, "lu")
#undef TL_STORE
#undef TL_LOAD

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 750
__device__ __forceinline__ float __tanhf(float x) {
  float result;
  asm("tanh.approx.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}
#endif

// The pairs of types for which nvcc has min and max in host code. Functions rather than templates:
// they stand beside std::min and std::max where a using directive brings those in.
#define TL_MIN_MAX(result, left, right)                                                            \
  __host__ inline result min(left a, right b) {                                                    \
    return static_cast<result>(a) < static_cast<result>(b) ? static_cast<result>(a)                \
                                                           : static_cast<result>(b);               \
  }                                                                                                \
  __host__ inline result max(left a, right b) {                                                    \
    return static_cast<result>(a) > static_cast<result>(b) ? static_cast<result>(a)                \
                                                           : static_cast<result>(b);               \
  }
#define TL_MIN_MAX_INTEGERS(integer)                                                               \
  TL_MIN_MAX(integer, integer, integer)                                                            \
  TL_MIN_MAX(unsigned integer, unsigned integer, unsigned integer)                                 \
  TL_MIN_MAX(unsigned integer, integer, unsigned integer)                                          \
  TL_MIN_MAX(unsigned integer, unsigned integer, integer)
// As with nvcc, of a number and no number the result is the number.
#define TL_MIN_MAX_FLOATS(result, left, right)                                                     \
  __host__ inline result min(left a, right b) { return fmin(result(a), result(b)); }               \
  __host__ inline result max(left a, right b) { return fmax(result(a), result(b)); }
TL_MIN_MAX_INTEGERS(int)
TL_MIN_MAX_INTEGERS(long)
TL_MIN_MAX_INTEGERS(long long)
TL_MIN_MAX_FLOATS(float, float, float)
TL_MIN_MAX_FLOATS(double, double, double)
TL_MIN_MAX_FLOATS(double, float, double)
TL_MIN_MAX_FLOATS(double, double, float)
#undef TL_MIN_MAX
#undef TL_MIN_MAX_INTEGERS
#undef TL_MIN_MAX_FLOATS

#endif // Clang's CUDA

#endif
