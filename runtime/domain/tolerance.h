// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which share of an output's elements may differ by more than the tolerance.

#ifndef TL_RUNTIME_DOMAIN_TOLERANCE_H
#define TL_RUNTIME_DOMAIN_TOLERANCE_H

#include "runtime/domain/compare.h"
#include "runtime/domain/element.h"

#include <tl/abi.h>
#include <tl/options.h>

namespace tl::rt {

inline bool has_standard_share(const tl_options &options) {
  return options.max_mismatched_ratio == tolerance_t{}.max_mismatched_ratio;
}

/// The share is about rounding: unless a tolerance is given that says otherwise, integers and bytes
/// are equal in all elements.
inline double most_mismatched(const tl_options &options, std::uint32_t element) {
  constexpr tolerance_t standard{};
  const bool given = options.rtol != standard.rtol || options.atol != standard.atol ||
                     options.max_mismatched_ratio != standard.max_mismatched_ratio;
  return given || is_floating(element) ? options.max_mismatched_ratio : 0;
}

/// Whether mismatches are few enough, and small enough, to come from rounding. Unless a share is
/// given, none of them may be far off and by half of the output's size (root mean square) or
/// more: one element that is missing in a large output is no rounding.
inline bool is_rounding(const tl_options &options, const comparison &sum, double most, double rms) {
  constexpr double share_of_size = 0.5;
  return static_cast<double>(sum.mismatched) <= most * static_cast<double>(sum.compared) &&
         !(has_standard_share(options) && sum.worst > 0 && sum.worst >= share_of_size * rms);
}

} // namespace tl::rt

#endif
