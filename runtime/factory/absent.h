// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that did not compile and that the build left out (tl_rt_absent), and those that can
// never run (tl_rt_illegal). They stand in their factory's table like the others, so that the
// shards of a source need not agree; what they would do is throw.

#ifndef TL_RUNTIME_FACTORY_ABSENT_H
#define TL_RUNTIME_FACTORY_ABSENT_H

#include <tl/abi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tl::rt {

/// Why a variant is absent, nothing when it is there. Thread-safe.
std::optional<std::string> why_absent(const tl_factory &factory, std::uint32_t variant);

/// Index of the variant with that config, UINT32_MAX when there is none or it is absent.
/// Thread-safe.
std::uint32_t find_present(const tl_factory &factory, std::string_view config);

/// The fingerprint of what was compiled: the factory's own, unless variants did not compile. So a
/// winner never leads to a variant that is not there, and one that is back is not taken for
/// infeasible. Thread-safe.
std::string fingerprint_of(const tl_factory &factory);

} // namespace tl::rt

#endif
