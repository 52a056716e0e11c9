// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads a database in WAL mode from where nobody may write. Private to the store.

#ifndef TL_RUNTIME_STORE_WAL_COPY_H
#define TL_RUNTIME_STORE_WAL_COPY_H

#include "runtime/store/database.h"

#include <memory>
#include <string>

namespace tl::rt::store {

/// SQLite reads a log (`path`-wal) only where it may write an index of it beside the file. Copies
/// both to a directory of its own, applies the log there, and returns a connection to the copy,
/// which has no name any more. Throws sqlite_error.
std::unique_ptr<connection> open_copy(const std::string &path);

} // namespace tl::rt::store

#endif
