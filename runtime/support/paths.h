// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the runtime keeps its files.

#ifndef TL_RUNTIME_SUPPORT_PATHS_H
#define TL_RUNTIME_SUPPORT_PATHS_H

#include "runtime/support/environment.h"
#include "runtime/support/status.h"

#include <string>
#include <string_view>

namespace tl::rt {

/// Name of the database inside the cache directory.
inline constexpr std::string_view database_file_name = "autotune.db";

/// The cache directory as these variables name it: TL_CACHE_DIR; else $XDG_CACHE_HOME/tl (ignored
/// unless absolute, as the XDG base directory specification demands); else $HOME/.cache/tl. "" when
/// none of them says anything. A relative TL_CACHE_DIR is made absolute, so that a later chdir() of
/// the program does not move it. Creates nothing.
std::string resolve_cache_directory(std::string_view tl_cache_dir, const char *xdg_cache_home,
                                    const char *home);

/// The process's cache directory, resolved at the first call; "" when there is none, which is said
/// once. Thread-safe. Creates nothing.
const std::string &cache_directory();

/// Creates a directory and its parents with mode 0700, as the XDG specification demands of caches.
/// Fine when it exists.
status make_directories(const std::string &path);

} // namespace tl::rt

#endif
