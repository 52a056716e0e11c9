// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What to say when nothing matches: what there is, the nearest names first.

#ifndef TL_TOOL_SUGGEST_H
#define TL_TOOL_SUGGEST_H

#include "database.h"

#include <string>
#include <string_view>
#include <vector>

namespace tl::tool {

/// The candidates in order of likeness to `wanted` (edit distance; one that holds it comes first),
/// without repetition, at most `count`.
std::vector<std::string> nearest(std::string_view wanted, std::vector<std::string> candidates,
                                 std::size_t count);

/// Why a selection matches nothing: which of its parts is unknown, and what there is in its place.
/// `lenient` as in to_filter().
std::string no_match(const context &ctx, rt::store::tuning_store &store, const selection &what,
                     bool lenient = true);

} // namespace tl::tool

#endif
