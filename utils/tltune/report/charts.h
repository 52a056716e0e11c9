// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The charts of a report: each a piece of HTML with inline SVG that stretches to the width it gets.
// Colours and sizes of text are in page.html.

#ifndef TL_TOOL_REPORT_CHARTS_H
#define TL_TOOL_REPORT_CHARTS_H

#include "report/space_view.h"

#include <string>
#include <string_view>

namespace tl::tool {

/// & < > " replaced.
std::string escape(std::string_view text);

/// The same, with places to break a line after each comma.
std::string escape_list(std::string_view text);

/// The fastest `count` trials, and the default config, with intervals.
std::string ranked_chart(const space_view &view, std::size_t count);

/// All times, sorted: how rare good configs are.
std::string space_chart(const space_view &view);

/// Time against each tunable, one small chart each.
std::string tunable_charts(const space_view &view);

/// One line for each config across the tunables and the time.
std::string parallel_chart(const space_view &view);

/// Failed trials, counted by status and reason.
std::string failure_chart(const space_view &view);

} // namespace tl::tool

#endif
