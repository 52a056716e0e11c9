// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has to do with TL_REMOTE is the business of another program, so that this one needs no
// network libraries.

#ifndef TL_TOOL_REMOTE_H
#define TL_TOOL_REMOTE_H

#include "command.h"

#include <string>
#include <vector>

namespace tl::tool {

struct remote_request {
  std::string factory = {}, device = {}, limit = {};
  std::vector<std::string> more = {}; ///< further arguments
};

/// Becomes tltune-remote with this command. Throws failure where there is none.
[[noreturn]] void run_remote(const context &ctx, const std::string &command,
                             const remote_request &what);

} // namespace tl::tool

#endif
