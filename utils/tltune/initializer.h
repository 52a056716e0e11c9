// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A config's text as C++.

#ifndef TL_TOOL_INITIALIZER_H
#define TL_TOOL_INITIALIZER_H

#include <string>
#include <string_view>

namespace tl::tool {

/// "{.rows = 16, .tile = {.m = 4, .n = 8}, .sizes = {1, 2}}", for an attribute or a range of
/// configs. An enumerator stands as its name alone, since the text does not say of what.
std::string to_initializer(std::string_view config);

} // namespace tl::tool

#endif
