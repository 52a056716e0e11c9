// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Notes that a session keeps beside the database while it tries variants: which one has started,
// and how those before it have ended. A file for each session that is only appended to, one call
// of the system for each trial. It outlives its process, however that ends, and nothing waits for
// the disk; what only a machine that loses its power forgets is what the database keeps.
// Private to the store.

#ifndef TL_RUNTIME_STORE_TRIAL_NOTES_H
#define TL_RUNTIME_STORE_TRIAL_NOTES_H

#include "runtime/store/records.h"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tl::rt::store {

struct trial_notes {
  std::string owner;             ///< sessions.owner of who keeps them
  std::int64_t touched = 0;      ///< last note [ms]
  std::set<std::string> started; ///< configs, those that have ended among them
  std::vector<trial> ended;
};

/// Where the notes of a session lie; "" when `uid` is not one that a store has made.
std::string notes_path(const std::string &database, std::string_view uid);

/// Begins notes with nothing in them, in place of what may be there. False when that cannot be.
bool begin_notes(const std::string &path, std::string_view owner);

/// Appends that `ended` have ended, and `next`, unless "", starts. False when that is too much, or
/// could not be written, or not all of it: what follows would not be read, so the notes are to be
/// removed then.
bool append_notes(const std::string &path, std::span<const trial> ended, std::string_view next);

/// Notes up to the first that is not whole; nothing where there are none, or somebody may have
/// written them who could not write the database.
std::optional<trial_notes> read_notes(const std::string &path);

/// Sessions that have notes beside this database: uid and path.
std::vector<std::pair<std::string, std::string>> find_notes(const std::string &database);

} // namespace tl::rt::store

#endif
