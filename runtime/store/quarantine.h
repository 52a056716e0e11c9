// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sets a damaged database aside so that a new one can begin. Private to the store.

#ifndef TL_RUNTIME_STORE_QUARANTINE_H
#define TL_RUNTIME_STORE_QUARANTINE_H

#include "runtime/support/status.h"

#include <string>

namespace tl::rt::store {

struct quarantine_result {
  rt::status status;
  /// Where the damaged content is now; "" when there was none: another process was faster, or what
  /// looked damaged is not.
  std::string moved_to;
};

/// What was no database of ours is left as it is: `foreign`. Otherwise copies the content of `path`
/// to `path.corrupt-<UTC time>-<process id>`, its rollback journal along with it, and empties
/// `path`, which SQLite takes for a new database.
///
/// The file keeps its place and its inode. Renaming it instead would leave processes behind that
/// have the old file open and look for its journal by name: they would play the new file's journal
/// back into the old one (https://www.sqlite.org/howtocorrupt.html, 2.4). SQLite's own lock bytes
/// keep all its connections, of all processes, out meanwhile, and whether the file is damaged is
/// looked at once more when they are. Waits for them `wait_ms` at most. The calling process must
/// have no transaction open.
quarantine_result set_aside(const std::string &path, int wait_ms);

} // namespace tl::rt::store

#endif
