// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The man page: its prose, and the options as the command line knows them.

#ifndef TL_TOOL_MAN_H
#define TL_TOOL_MAN_H

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tl::tool {

/// The subcommands that the help shows, in its order.
std::vector<const CLI::App *> shown_commands(const CLI::App &app);

/// tltune(1) as roff.
std::string man_page(const CLI::App &app);

} // namespace tl::tool

#endif
