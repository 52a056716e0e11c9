// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The report as one HTML page: no script, nothing from the network.

#ifndef TL_TOOL_REPORT_PAGE_H
#define TL_TOOL_REPORT_PAGE_H

#include "runtime/store/store.h"

#include <string>
#include <vector>

namespace tl::tool {

struct page_options {
  std::string title;       ///< "" : made from the content
  std::string source;      ///< file that the data comes from, for the foot of the page
  std::size_t ranked = 20; ///< trials in the ranking
  std::size_t table = 300; ///< trials in the table
};

/// One section for each session, which must have trials.
std::string render_page(const std::vector<rt::store::session_bundle> &sessions,
                        const page_options &options);

} // namespace tl::tool

#endif
