// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// page.html, embedded by the build.

#ifndef TL_TOOL_REPORT_PAGE_TEMPLATE_H
#define TL_TOOL_REPORT_PAGE_TEMPLATE_H

namespace tl::tool {

extern const char *const page_template;

} // namespace tl::tool

#endif
