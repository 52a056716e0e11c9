// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole files: read, and written so that a reader never sees half of one.

#ifndef TL_TOOL_FILES_H
#define TL_TOOL_FILES_H

#include <string>

namespace tl::tool {

/// Content of a file, "-" for standard input. Throws failure(exit_file).
std::string read_file(const std::string &path);

/// Writes beside the file and renames; "-" for standard output. Throws failure(exit_file).
void write_file(const std::string &path, const std::string &content);

} // namespace tl::tool

#endif
