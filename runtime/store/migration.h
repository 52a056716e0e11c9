// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands in a database file, and how an old one becomes a new one. Private to the store.

#ifndef TL_RUNTIME_STORE_MIGRATION_H
#define TL_RUNTIME_STORE_MIGRATION_H

#include "runtime/store/database.h"

#include <span>

namespace tl::rt::store {

/// Whose file it is.
struct file_version {
  enum class kind : unsigned char {
    empty,   ///< no table in it: a new file
    ours,    ///< version `number`, not above schema_version
    newer,   ///< ours, of a later version
    foreign, ///< some other program's database
  };
  kind what;
  int number; ///< PRAGMA user_version
};

/// Looks at two header fields (and, without a version, at whether there are tables): the first read
/// of a file, so that it throws when the file is no database.
file_version read_version(connection &db);

/// SQL that takes version i to version i + 1, for i = 0 (an empty file) to schema_version - 1. A
/// step that was released never changes.
std::span<const char *const> migrations();

/// Brings an empty or older file of ours to schema_version, in one transaction. Another process may
/// do the same at the same time. Returns what it found once it was alone: `ours` means that the
/// file now has schema_version; otherwise nothing was changed.
file_version migrate(connection &db);

} // namespace tl::rt::store

#endif
