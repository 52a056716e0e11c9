// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The winners that a program was built with.

#ifndef TL_TOOL_LIST_PROGRAM_H
#define TL_TOOL_LIST_PROGRAM_H

#include "command.h"

#include <string>

namespace tl::tool {

/// Prints them, with the hash of the file that they come from. Throws failure(exit_file).
void list_program(context &ctx, const std::string &program);

} // namespace tl::tool

#endif
