// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Libraries of variants as files: who may have written one, whether it is whole, and what it has.
//
// A file is a shared library with a few bytes behind it, which the loader does not look at:
//
//   configs, one a line | length of that, 4 bytes | hash of all before, 8 bytes | "tl-lib-1"

#ifndef TL_RUNTIME_DEMAND_LIBRARY_FILE_H
#define TL_RUNTIME_DEMAND_LIBRARY_FILE_H

#include "runtime/support/status.h"

#include <string>
#include <vector>

namespace tl::rt::demand {

/// Whether `path` is a directory, and no link to one, that belongs to this user and that nobody
/// else may look into; made when it is missing.
status own_directory(const std::string &path);

/// Whether a regular file is there that belongs to this user and that nobody else may look into.
bool is_own_file(const std::string &path);
/// Makes a file one that nobody else may look into.
bool make_own(const std::string &path);
/// Writes such a file.
bool write_own_file(const std::string &path, const std::string &text);

/// Adds what is behind the library in a file that was just linked, and makes it the owner's alone.
status seal_library(const std::string &path, const std::vector<std::string> &configs);

/// Reads a whole one. Not ok: it is another user's, a link, damaged or cut off.
status read_library(const std::string &path, std::string &content,
                    std::vector<std::string> &configs);

/// The configs that it says it has, without a look at the rest; none where it is no good.
std::vector<std::string> configs_of_library(const std::string &path);

} // namespace tl::rt::demand

#endif
