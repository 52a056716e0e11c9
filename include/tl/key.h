// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `key = fn` may be made of.

#ifndef TL_KEY_H
#define TL_KEY_H

#include <tl/language.h>

#include <array>
#include <type_traits>

namespace tl {

/// `key = tl::one_problem`: all calls of the factory are one problem, whatever their arguments.
struct one_problem_t {
  template <class... Args> constexpr std::array<int, 0> operator()(Args &&...) const { return {}; }
};
inline constexpr one_problem_t one_problem{};

/// The smallest power of two that is not less than `value`; 0 for 0. For `key = fn`, so that near
/// sizes share one winner.
template <class Integer> constexpr Integer bucket_pow2(Integer value) {
  static_assert(std::is_integral_v<Integer>);
  if (value <= 1)
    return value;
  Integer power = 1;
  while (power < value)
    power = static_cast<Integer>(power << 1);
  return power;
}

} // namespace tl

#endif
