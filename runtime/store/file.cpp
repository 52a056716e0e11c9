// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/file.h"

#include "runtime/store/quarantine.h"
#include "runtime/store/schema.h"
#include "runtime/support/log.h"
#include "runtime/support/paths.h"
#include "runtime/support/signal_guard.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::store {

/// What happens without a writable file, for the end of a message.
static constexpr std::string_view kept_for_now = "new winners are kept for this process only";

/// How often one call deals with a fault and begins anew: each fault can be followed by another.
static constexpr int most_rounds = 6;

static std::string describe(const sqlite_error &error) {
  if (error.system_error() != 0)
    return fmt::format("{}: {}", error.what(), std::strerror(error.system_error()));
  return error.primary() == SQLITE_IOERR
             ? fmt::format("{}, SQLite code {}", error.what(), error.code())
             : std::string(error.what());
}

database_file::database_file(std::string path, role r, limits l)
    : path_(std::move(path)), role_(r), limits_(l),
      mode_(r == role::own ? store_mode::read_write : store_mode::read_only), owner_(::getpid()) {
  if (path_.empty()) {
    mode_ = store_mode::memory;
    reason_ = "there is no database";
  }
}

database_file::~database_file() {
  if (owner_ != ::getpid() && db_)
    db_->abandon();
}

void database_file::close() {
  db_.reset();
  prepared_for_writing_ = false;
}

status database_file::give_up(store_mode mode, status why) {
  mode_ = mode;
  reason_ = why.text();
  warn_once("store " + path_ + " " + std::string(to_string(mode)), why.text());
  return why;
}

// --- Opening -------------------------------------------------------------------------------------

/// Refuses files that are not for this runtime. Returns the schema version; 0 for an empty file.
int database_file::check_version() {
  const file_version found = read_version(*db_);
  switch (found.what) {
  case file_version::kind::empty:
    return 0;
  case file_version::kind::ours:
    return found.number;
  case file_version::kind::newer:
    throw stop_work{
        give_up(store_mode::memory,
                status::foreign(fmt::format(
                    "database {} has schema version {}, written by a newer runtime, and this one "
                    "knows up to {}: it is left alone, {}",
                    path_, found.number, schema_version, kept_for_now)))};
  case file_version::kind::foreign:
    break;
  }
  throw stop_work{
      give_up(store_mode::memory,
              status::foreign(fmt::format("{} is the database of some other program: it is left "
                                          "alone, {}",
                                          path_, kept_for_now)))};
}

void database_file::open_for_reading() {
  if (!db_) {
    struct stat about{};
    if (::stat(path_.c_str(), &about) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
      if (role_ == role::layer)
        throw stop_work{give_up(store_mode::memory, status::not_found(fmt::format(
                                                        "database {} does not exist: going on "
                                                        "without it",
                                                        path_)))};
      throw stop_work{status::not_found(fmt::format("there is no database {} yet", path_))};
    }
    using access = connection::access;
    const access how = immutable_ ? access::immutable
                                  : (role_ == role::layer ? access::read_only : access::read_write);
    db_ = std::make_unique<connection>(path_, how);
  }
  db_->set_wait(limits_.read_wait_ms);
}

void database_file::open_for_writing() {
  if (!db_) {
    const std::size_t slash = path_.rfind('/');
    if (slash != std::string::npos && slash > 0)
      if (status made = make_directories(path_.substr(0, slash)); !made)
        throw stop_work{give_up(store_mode::memory, status::io_error(fmt::format(
                                                        "{}: {}", made.text(), kept_for_now)))};
    db_ = std::make_unique<connection>(path_, connection::access::create);
  }
  db_->set_wait(limits_.write_wait_ms);
  if (!prepared_for_writing_) {
    // TRUNCATE saves the directory updates of DELETE. FULL: what is committed survives a power
    // failure.
    db_->execute(
        "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY");
    prepared_for_writing_ = true;
  }
  // In one transaction: between two looks another process may make an empty file a database.
  db_->execute("BEGIN");
  const int version = check_version();
  db_->execute("END");
  if (version < schema_version)
    migrate(*db_);
}

// --- Running work --------------------------------------------------------------------------------

status database_file::attempt(bool writing, const std::function<void()> &work) {
  if (mode_ == store_mode::memory)
    return status::disabled(reason_);
  if (writing && mode_ == store_mode::read_only)
    return status::read_only(reason_);
  if (retry_at_ > std::chrono::steady_clock::now())
    return status::busy(fmt::format("database {} was locked a moment ago", path_));
  const write_signal_guard no_signals; // a limit on file sizes is to be an error, not the end

  for (int round = 0; round < most_rounds; ++round) {
    if (owner_ != ::getpid()) {
      // The handle is the parent's: closing it could undo a transaction there.
      if (db_)
        db_->abandon();
      close();
      owner_ = ::getpid();
    }
    if (db_ && db_->has_moved())
      close();
    bool again = false;
    status result;
    try {
      work();
      return {};
    } catch (const sqlite_error &error) {
      result = recover(error, writing, again);
    } catch (const stop_work &stop) {
      result = stop.why;
    } catch (const std::exception &error) { // out of memory
      result = status::io_error(error.what());
    }
    close(); // whatever state it was in
    if (!again)
      return result;
  }
  return give_up(store_mode::memory,
                 status::corrupt(fmt::format("database {} stays unusable: going on without it, {}",
                                             path_, kept_for_now)));
}

status database_file::read(const std::function<void(connection &, int)> &work) {
  return attempt(false, [&] {
    open_for_reading();
    db_->execute("BEGIN"); // version and content from one state of the file
    const int version = check_version();
    if (version == 0)
      throw stop_work{status::not_found(fmt::format("database {} is empty", path_))};
    work(*db_, version);
    db_->execute("END");
  });
}

status database_file::write(const std::function<void(connection &)> &work) {
  return attempt(true, [&] {
    open_for_writing();
    transaction t(*db_);
    // Between the look above and the lock, another process may have begun a new file or migrated
    // it.
    if (check_version() != schema_version)
      throw sqlite_error(SQLITE_SCHEMA, "the schema has changed");
    work(*db_);
    t.commit();
  });
}

status database_file::compact() {
  return attempt(true, [&] {
    open_for_writing();
    db_->execute("VACUUM");
  });
}

// --- Faults --------------------------------------------------------------------------------------

status database_file::recover_from_damage(const sqlite_error &error, bool &again) {
  close();
  if (role_ != role::own)
    return give_up(store_mode::memory,
                   status::corrupt(fmt::format("database {} is damaged ({}): going on "
                                               "without it",
                                               path_, error.what())));
  quarantine_result done = set_aside(path_, limits_.write_wait_ms);
  if (!done.status)
    return give_up(
        store_mode::memory,
        status::corrupt(fmt::format("database {} is damaged ({}), and {}: going on without it, {}",
                                    path_, error.what(), done.status.text(), kept_for_now)));
  if (!done.moved_to.empty())
    log_warning(
        fmt::format("database {} is damaged ({}): it was set aside as {}, and a new one begins",
                    path_, error.what(), done.moved_to));
  again = true;
  return {};
}

status database_file::recover(const sqlite_error &error, bool writing, bool &again) {
  switch (error.primary()) {
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return recover_from_damage(error, again);

  case SQLITE_SCHEMA:
    again = true;
    return {};

  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_PROTOCOL: {
    const int waited = writing ? limits_.write_wait_ms : limits_.read_wait_ms;
    retry_at_ =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(limits_.retry_after_ms);
    status busy =
        status::busy(fmt::format("database {} was locked by another process for {} ms: going on "
                                 "without it for now, {}",
                                 path_, waited, kept_for_now));
    warn_once("store " + path_ + " locked", busy.text());
    return busy;
  }

  case SQLITE_READONLY:
    if (error.code() == SQLITE_READONLY_DBMOVED) {
      again = true;
      return {};
    }
    break;

  case SQLITE_CANTOPEN:
    if (writing || role_ == role::layer)
      break;
    if (::access(path_.c_str(), F_OK) != 0 && errno == ENOENT) {
      again = true; // removed at this moment
      return {};
    }
    break;

  case SQLITE_ERROR:
    // The version says that it is ours, and the tables say that it is not.
    return give_up(
        store_mode::memory,
        status::foreign(fmt::format("database {} has unexpected content ({}): it is left alone, {}",
                                    path_, error.what(), kept_for_now)));

  case SQLITE_NOMEM:
  case SQLITE_TOOBIG:
  case SQLITE_CONSTRAINT: {
    status failed = status::io_error(fmt::format("database {}: {}", path_, describe(error)));
    warn_once("store " + path_ + " " + std::to_string(error.code()), failed.text());
    return failed;
  }
  default:
    break;
  }

  if (writing) {
    // Reading may still work, and the next lookup tells.
    const bool full = error.primary() == SQLITE_FULL;
    std::string text =
        fmt::format("database {} cannot be written ({}): stored winners are used, {}", path_,
                    describe(error), kept_for_now);
    return give_up(store_mode::read_only,
                   full ? status::full(std::move(text)) : status::read_only(std::move(text)));
  }
  struct stat journal{};
  const bool half_done = ::stat((path_ + "-journal").c_str(), &journal) == 0 && journal.st_size > 0;
  if (role_ == role::layer && !immutable_ && !half_done && ::access(path_.c_str(), R_OK) == 0) {
    // Read-only media, or a file system without locks. Without a journal the content is complete.
    immutable_ = true;
    again = true;
    return {};
  }
  return give_up(store_mode::memory, status::io_error(fmt::format(
                                         "database {} cannot be read ({}): going on without it, {}",
                                         path_, describe(error), kept_for_now)));
}

} // namespace tl::rt::store
