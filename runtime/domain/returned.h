// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares what a function returned by value with what was expected: a number, or an object by its
// fields. Every backend uses this.

#ifndef TL_RUNTIME_DOMAIN_RETURNED_H
#define TL_RUNTIME_DOMAIN_RETURNED_H

#include "runtime/domain/compare.h"

#include <tl/abi.h>

#include <string>

namespace tl::rt {

/// Whether two results of this row (tl_factory::result) can be compared by their bytes.
bool is_comparable(const tl_parameter &result);

/// "" when all matches, else what differs first: "returned 3, expected 4", "returned .first 3,
/// expected 4". Both are result.size bytes.
std::string compare_returned(const tl_parameter &result, const std::byte *actual,
                             const std::byte *expected, const match_rule &rule);

} // namespace tl::rt

#endif
