// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One database file through all that can happen to it: missing, read-only, full, locked, damaged,
// of another version, removed in the meantime, inherited over a fork, made to do harm. Private to
// the store.

#ifndef TL_RUNTIME_STORE_FILE_H
#define TL_RUNTIME_STORE_FILE_H

#include "runtime/store/database.h"
#include "runtime/store/migration.h"
#include "runtime/store/requests.h"
#include "runtime/store/trust.h"
#include "runtime/support/status.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

namespace tl::rt::store {

/// Thrown by work on a file to end it with this status. The file is not to blame.
struct stop_work {
  rt::status why;
};

/// Not thread-safe: the store's mutex guards it. Each fault is said once, in one line, and moves
/// the file to a mode in which it no longer matters; only a lock is tried again after a while.
///
/// Work handed in may run more than once and has to begin anew each time.
class database_file {
public:
  enum class role : unsigned char {
    own,       ///< read, written, migrated, set aside when damaged
    inspected, ///< only read (SQLite may still undo what a killed process left half done)
    layer,     ///< only read, and left as it is whatever is wrong with it
  };
  struct limits {
    int read_wait_ms;
    int write_wait_ms;
    int retry_after_ms;
    int work_ms; ///< longest time of one piece of work, waits not counted
  };

  database_file(std::string path, role r, limits l);
  ~database_file();
  database_file(const database_file &) = delete;
  database_file &operator=(const database_file &) = delete;

  /// Runs `work` in one read transaction on the file as it is, whose schema version (1 to
  /// schema_version) it is told. `not_found` when there is no file or nothing in it.
  rt::status read(const std::function<void(connection &, int version)> &work);

  /// Runs `work` in one write transaction on a file of the current version, which is made when
  /// missing. When the answer is ok, the changes are on the disk.
  rt::status write(const std::function<void(connection &)> &work);

  /// Runs `work` in one write transaction if that is possible this very moment, in a file that is
  /// there, of the current version, and has been read. What is in the way is not told:
  /// nothing is said, and nothing is given up.
  void write_if_easy(const std::function<void(connection &)> &work);

  /// Takes space back that deleted rows left.
  rt::status compact();

  /// Closes the file; whoever needs it opens it again.
  void rest() { close(); }

  const std::string &path() const { return path_; }
  store_mode mode() const { return mode_; }
  const std::string &reason() const { return reason_; }

private:
  rt::status attempt(bool writing, const std::function<void()> &work);
  void open_for_reading();
  void open_for_writing();
  void prepare_for_writing();
  file_kind check_file();
  int check_version();
  void check_schema(int version);
  bool may_be_read_as_it_is() const;
  void close();

  rt::status recover(const sqlite_error &error, bool writing, bool &again);
  rt::status recover_from_damage(const sqlite_error &error, bool &again);
  rt::status give_up(store_mode mode, rt::status why);

  std::string path_;
  role role_;
  limits limits_;
  store_mode mode_;
  std::string reason_;
  std::unique_ptr<connection> db_;
  std::string target_;     ///< what is opened: path_, of a file that is only read without links
  bool immutable_ = false; ///< locks do not work there, and nobody can write: read without
  bool copied_ = false;    ///< the same, and a log has to be applied first: read from a copy
  bool prepared_for_writing_ = false;
  std::int64_t checked_schema_ = -1; ///< schema_version pragma when the schema was looked at
  pid_t owner_;                      ///< process that opened db_
  std::chrono::steady_clock::time_point retry_at_{}; ///< left alone until then
};

} // namespace tl::rt::store

#endif
