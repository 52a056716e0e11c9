// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The few kernels that the runtime runs itself: comparing results, looking after guard zones, and
// reading the clock. Compiled with no toolkit (no header, no library) to PTX, which is left to
// CUDA's driver, and to code objects of many GPUs for HIP's. The same code compiles for the host,
// where tests run it.

#include "kernels.h"

#include "../../../include/tl/abi.h"
#include "../../domain/element_value.h"

using tl::rt::gpu::clock_result;
using tl::rt::gpu::compare_parameters;
using tl::rt::gpu::compare_result;
using tl::rt::gpu::float_of_bits;
using tl::rt::gpu::guard_result;
using tl::rt::gpu::small_float;

typedef unsigned long long u64;

#if defined(__CUDA__) || defined(__HIP__)
#define DEVICE static __attribute__((device))
#define KERNEL extern "C" __attribute__((global)) void
#endif

#if defined(__HIP__)
DEVICE u64 thread_index() {
  return u64(__builtin_amdgcn_workgroup_id_x()) * __builtin_amdgcn_workgroup_size_x() +
         __builtin_amdgcn_workitem_id_x();
}
DEVICE u64 thread_count() { return __builtin_amdgcn_grid_size_x(); }
DEVICE void add(u64 *to, u64 value) {
  __hip_atomic_fetch_add(to, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
DEVICE void lower(u64 *to, u64 value) {
  __hip_atomic_fetch_min(to, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
DEVICE void raise(u64 *to, u64 value) {
  __hip_atomic_fetch_max(to, value, __ATOMIC_RELAXED, __HIP_MEMORY_SCOPE_AGENT);
}
#if defined(__GFX11__)
constexpr u64 cycle_mask = (1u << 20) - 1; // the counter has no more bits there
#else
constexpr u64 cycle_mask = ~u64(0);
#endif
DEVICE u64 cycles() { return __builtin_readcyclecounter(); }
DEVICE u64 ticks() { return __builtin_readsteadycounter(); }
#elif defined(__CUDA__)
DEVICE u64 thread_index() {
  return u64(__nvvm_read_ptx_sreg_ctaid_x()) * __nvvm_read_ptx_sreg_ntid_x() +
         __nvvm_read_ptx_sreg_tid_x();
}
DEVICE u64 thread_count() {
  return u64(__nvvm_read_ptx_sreg_nctaid_x()) * __nvvm_read_ptx_sreg_ntid_x();
}
DEVICE void add(u64 *to, u64 value) {
  asm volatile("red.global.add.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
}
DEVICE void lower(u64 *to, u64 value) {
  asm volatile("red.global.min.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
}
DEVICE void raise(u64 *to, u64 value) {
  asm volatile("red.global.max.u64 [%0], %1;" ::"l"(to), "l"(value) : "memory");
}
constexpr u64 cycle_mask = ~u64(0);
DEVICE u64 cycles() {
  u64 value;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(value)::"memory");
  return value;
}
DEVICE u64 ticks() {
  u64 value;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(value)::"memory");
  return value;
}
#else
// One thread does it all.
#define DEVICE static inline
#define KERNEL extern "C" void
DEVICE u64 thread_index() { return 0; }
DEVICE u64 thread_count() { return 1; }
DEVICE void add(u64 *to, u64 value) { *to += value; }
DEVICE void lower(u64 *to, u64 value) { *to = value < *to ? value : *to; }
DEVICE void raise(u64 *to, u64 value) { *to = value > *to ? value : *to; }
constexpr u64 cycle_mask = ~u64(0);
DEVICE u64 cycles() { return __builtin_ia32_rdtsc(); }
DEVICE u64 ticks() { return __builtin_ia32_rdtsc(); }
#endif

template <class T> DEVICE T load(u64 address) { return *reinterpret_cast<const T *>(address); }

template <class T> DEVICE bool close(T actual, T expected, const compare_parameters &p) {
  if (actual != actual || expected != expected)
    return p.equal_nan && actual != actual && expected != expected;
  if (actual == expected)
    return true;
  const T difference = actual > expected ? actual - expected : expected - actual;
  const T magnitude = expected < T(0) ? -expected : expected;
  return difference <= T(p.atol) + T(p.rtol) * magnitude && difference - difference == T(0) &&
         magnitude - magnitude == T(0);
}

DEVICE bool same_bits(u64 a, u64 b, unsigned size) {
  switch (size) {
  case 2:
    return load<unsigned short>(a) == load<unsigned short>(b);
  case 4:
    return load<unsigned>(a) == load<unsigned>(b);
  case 8:
    return load<u64>(a) == load<u64>(b);
  default:
    for (unsigned i = 0; i < size; ++i)
      if (load<unsigned char>(a + i) != load<unsigned char>(b + i))
        return false;
    return true;
  }
}

DEVICE bool is_poison(u64 a, unsigned size, unsigned byte) {
  for (unsigned i = 0; i < size; ++i)
    if (load<unsigned char>(a + i) != byte)
      return false;
  return true;
}

DEVICE bool matches(u64 a, u64 e, const compare_parameters &p) {
  switch (p.element) {
  case TL_ELEMENT_F16:
    return close(small_float(load<unsigned short>(a), 5, 10, false),
                 small_float(load<unsigned short>(e), 5, 10, false), p);
  case TL_ELEMENT_BF16:
    return close(float_of_bits(unsigned(load<unsigned short>(a)) << 16),
                 float_of_bits(unsigned(load<unsigned short>(e)) << 16), p);
  case TL_ELEMENT_F32:
    return close(load<float>(a), load<float>(e), p);
  case TL_ELEMENT_F64:
    return close(load<double>(a), load<double>(e), p);
  case TL_ELEMENT_E4M3:
    return close(small_float(load<unsigned char>(a), 4, 3, true),
                 small_float(load<unsigned char>(e), 4, 3, true), p);
  case TL_ELEMENT_E5M2:
    return close(small_float(load<unsigned char>(a), 5, 2, false),
                 small_float(load<unsigned char>(e), 5, 2, false), p);
  default:
    return false; // integers and bytes: the same bits or different
  }
}

DEVICE double value_of(u64 at, unsigned element) {
  switch (element) {
  case TL_ELEMENT_F16:
    return small_float(load<unsigned short>(at), 5, 10, false);
  case TL_ELEMENT_BF16:
    return float_of_bits(unsigned(load<unsigned short>(at)) << 16);
  case TL_ELEMENT_F32:
    return load<float>(at);
  case TL_ELEMENT_F64:
    return load<double>(at);
  case TL_ELEMENT_E4M3:
    return small_float(load<unsigned char>(at), 4, 3, true);
  case TL_ELEMENT_E5M2:
    return small_float(load<unsigned char>(at), 5, 2, false);
  default:
    return 0; // not far from any other
  }
}

/// How far a mismatch is off where rounding can hardly be the cause, else 0; as compare.cpp has it.
DEVICE double far_off(u64 a, u64 e, const compare_parameters &p) {
  const double actual = value_of(a, p.element), expected = value_of(e, p.element);
  if (actual != actual && expected != expected)
    return 0;
  const double distance = actual > expected ? actual - expected : expected - actual;
  if (distance - distance != 0)
    return __builtin_inf();
  const double magnitude = expected < 0 ? -expected : expected;
  return distance > 10 * (p.atol + p.rtol * magnitude) ? distance : 0;
}

KERNEL tl_compare(compare_parameters p, compare_result *result) {
  u64 mismatched = 0, unwritten = 0, first = ~u64(0);
  double worst = 0;
  for (u64 i = thread_index(); i < p.count; i += thread_count()) {
    long long offset = 0;
    if (p.rank == 0) {
      offset = static_cast<long long>(i);
    } else {
      u64 rest = i;
      for (unsigned d = p.rank; d-- > 0;) {
        offset += static_cast<long long>(rest % p.shape[d]) * p.strides[d];
        rest /= p.shape[d];
      }
    }
    const u64 a = p.actual + u64(offset) * p.element_size;
    const u64 e = p.expected + u64(offset) * p.element_size;
    if (p.untouched && is_poison(a, p.element_size, p.poison)) {
      if (same_bits(e, p.untouched + u64(offset) * p.element_size, p.element_size))
        continue;
    } else if (same_bits(a, e, p.element_size)) {
      if (p.exact)
        continue;
      if ((p.poisoned && is_poison(e, p.element_size, p.poison)) ||
          (p.before && same_bits(e, p.before + u64(offset) * p.element_size, p.element_size))) {
        ++unwritten;
        continue;
      }
      // A NaN equals itself only when that is asked for.
      if (p.element < TL_ELEMENT_F16 || p.element > TL_ELEMENT_E5M2 || matches(a, e, p))
        continue;
    } else if (!p.exact && matches(a, e, p)) {
      continue;
    }
    ++mismatched;
    first = i < first ? i : first;
    const double distance = far_off(a, e, p);
    worst = distance > worst ? distance : worst;
  }
  if (mismatched) {
    add(&result->mismatched, mismatched);
    lower(&result->first, first);
    u64 bits;
    __builtin_memcpy(&bits, &worst, sizeof bits);
    if (bits)
      raise(&result->worst, bits);
  }
  if (unwritten)
    add(&result->unwritten, unwritten);
}

KERNEL tl_guard(u64 address, u64 bytes, guard_result *result) {
  for (u64 i = thread_index(); i < bytes; i += thread_count())
    if (load<unsigned char>(address + i) != tl::rt::gpu::guard_byte) {
      add(&result->damaged, 1);
      lower(&result->first, i);
    }
}

/// Fills a buffer with generated values.
KERNEL tl_supply(tl::rt::supply_parameters p) {
  void *data = reinterpret_cast<void *>(p.data);
  for (u64 i = thread_index(); i < p.count; i += thread_count())
    tl::rt::supply_element(p, data, i);
}

/// Keeps one thread busy for `duration` [ns] and adds up how far both clocks moved. A tick of the
/// steady one takes `tick_ps` [ps].
KERNEL tl_spin(u64 duration, u64 tick_ps, clock_result *result) {
  if (thread_index() != 0)
    return;
  const u64 begin = ticks();
  u64 last = cycles(), passed = 0, elapsed;
  do {
    elapsed = (ticks() - begin) * tick_ps / 1000;
    const u64 now = cycles();
    passed += (now - last) & cycle_mask;
    last = now;
  } while (elapsed < duration);
  result->cycles += passed;
  result->nanoseconds += elapsed;
}
