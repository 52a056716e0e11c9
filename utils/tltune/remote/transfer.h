// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Winners between this machine's database and a remote place, by hand.

#ifndef TL_TOOL_REMOTE_TRANSFER_H
#define TL_TOOL_REMOTE_TRANSFER_H

#include "settings.h"

#include <cstddef>
#include <string>

namespace tl::tool::remote {

struct transfer_options {
  std::string database; ///< path
  std::string factory, device;
  std::size_t most = 100'000; ///< winners
  bool json = false;
};

/// Each returns an exit status, and throws failure or unreachable.
int push(const settings &with, const transfer_options &options);
int pull(const settings &with, const transfer_options &options);
/// Who measured what, and where machines of one model disagree.
int list(const settings &with, const transfer_options &options);

} // namespace tl::tool::remote

#endif
