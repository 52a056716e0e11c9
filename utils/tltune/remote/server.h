// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The helper process: programs of this user on this machine talk to it over a Unix socket, and it
// talks to the network.

#ifndef TL_TOOL_REMOTE_SERVER_H
#define TL_TOOL_REMOTE_SERVER_H

#include "settings.h"

#include <string>

namespace tl::tool::remote {

/// Serves until nobody has asked anything for a while. Returns at once where another helper does so
/// already. `foreground`: stays the caller's child. Returns an exit status.
int serve(const std::string &directory, const std::string &remote, bool foreground);

/// What the running helper counts, in the text format of Prometheus; "" where none runs.
std::string ask_metrics(const std::string &directory, const std::string &remote);

} // namespace tl::tool::remote

#endif
