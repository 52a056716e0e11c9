// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variants may run on a problem, as `eligible` says.

#ifndef TL_RUNTIME_TUNER_ELIGIBILITY_H
#define TL_RUNTIME_TUNER_ELIGIBILITY_H

#include "runtime/support/status.h"

#include <tl/abi.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace tl::rt {

/// Sets wanted[i] for each variant: to 1 for all of them without `eligible`. Not ok, with the text,
/// where that function throws; it runs in this process, on the trials' arguments.
status find_eligible(const tl_factory &factory, const tl_options &options, void *const *arguments,
                     std::vector<std::uint8_t> &wanted);

/// Whether `eligible` lets a combination of a space that is compiled on demand run; null where it
/// lets all, and no where it throws. It runs in this process, on these arguments, which outlive it.
std::function<bool(std::uint64_t combination)> eligible_combinations(const tl_factory &factory,
                                                                     void *const *arguments);

} // namespace tl::rt

#endif
