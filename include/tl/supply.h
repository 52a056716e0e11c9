// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated inputs: `supply = tl::supply::automatic`. The buffers that a factory may read are
// filled with values made from a seed, on the device that they are for; those that it only writes
// are left alone. Elements are numbered, and the value of each depends on seed, buffer and number
// only, so that equal seeds give equal inputs on every device.

#ifndef TL_SUPPLY_H
#define TL_SUPPLY_H

#include <tl/language.h>

#include <tl/abi.h>

namespace tl {

/// What the inputs of trials look like.
struct supply_t {
  unsigned kind = TL_SUPPLY_NONE;
  unsigned seed = 0;

  /// The same with other values.
  constexpr supply_t with_seed(unsigned value) const { return {kind, value}; }
};

namespace supply {
/// Unsigned integers from 0 to 2; signed ones from -2 to 2; bool 0 or 1; 8-bit floating point:
/// whole numbers from -128 to 127; any other floating point: uniform in [-1, 1).
inline constexpr supply_t automatic{TL_SUPPLY_AUTO};
/// As automatic, with floating point wider than 8 bits in whole numbers from -2 to 2: sums of
/// products stay exact.
inline constexpr supply_t integer{TL_SUPPLY_INTEGER};
/// Uniform in [-1, 1). Integer elements, which that would make zero, are 1.
inline constexpr supply_t uniform{TL_SUPPLY_UNIFORM};
/// Normal with mean -1 and deviation 1. Integer elements are 1.
inline constexpr supply_t normal{TL_SUPPLY_NORMAL};
/// Normal with mean 0 and deviation 1; rounded towards zero for integer elements.
inline constexpr supply_t randn{TL_SUPPLY_RANDN};
inline constexpr supply_t zero{TL_SUPPLY_ZERO};
inline constexpr supply_t one{TL_SUPPLY_ONE};
} // namespace supply

} // namespace tl

#endif
