// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a source begins with, before any code of its own: it is compiled once, for all batches.

#ifndef TL_RUNTIME_DEMAND_PREAMBLE_H
#define TL_RUNTIME_DEMAND_PREAMBLE_H

#include <string>
#include <string_view>

namespace tl::rt::demand {

/// The directives at the beginning of a source, up to the first line that is none: with conditions
/// that are all closed, and "" where nothing is included.
std::string preamble_of(std::string_view source);

} // namespace tl::rt::demand

#endif
