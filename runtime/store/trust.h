// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a file may be opened as a database, and whether what is in it is what a runtime made.
// Private to the store.

#ifndef TL_RUNTIME_STORE_TRUST_H
#define TL_RUNTIME_STORE_TRUST_H

#include "runtime/store/database.h"

#include <string>

namespace tl::rt::store {

enum class file_kind : unsigned char {
  missing,
  empty,      ///< SQLite takes it for a new database
  ours,       ///< a database that a runtime made, damaged or not
  foreign,    ///< a file of some other program: never written, moved, or given to SQLite's recovery
  unsuitable, ///< no regular file, a link, or one that somebody else may have put there
  unreachable, ///< the system does not say
};

struct file_look {
  file_kind kind;
  std::string what; ///< for people, where it is neither ours nor empty nor missing: "is a FIFO"
};

/// Looks at the file before SQLite does, which would wait for a FIFO, follow a link, and play any
/// journal beside the file back into it. `shared_care`: also whether may_trust() its owner.
file_look look_at(const std::string &path, bool shared_care);

/// Whether the first bytes of a file are those of a database that a runtime made, be they damaged
/// elsewhere. Opens the file itself, which ends this process's locks on it.
bool looks_like_ours(int fd);

/// "" where the schema is to the letter the one that version `version` has, but for spaces and for
/// what ANALYZE adds; otherwise what is wrong: views, triggers, generated columns, virtual tables
/// and checks that run for ever are none that a runtime made. The store's mutex is held.
std::string foreign_schema(connection &db, int version);

} // namespace tl::rt::store

#endif
