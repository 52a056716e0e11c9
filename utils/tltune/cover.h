// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fewest configs of which one is good enough on each problem: a set cover.

#ifndef TL_TOOL_COVER_H
#define TL_TOOL_COVER_H

#include "recorded.h"

#include <string>
#include <vector>

namespace tl::tool {

struct cover {
  std::vector<std::string> configs; ///< first the default, if known: a program always has it
  /// Whether no smaller set would do; false: the search for one was given up.
  bool smallest = true;
};

/// Configs of which one is within `within` (0.01: 1 %) of the winner on each of the problems. Among
/// equally small sets the one that is chosen loses little. A config that was not timed on a problem
/// does not count there.
cover find_cover(const recorded_factory &of, double within);

} // namespace tl::tool

#endif
