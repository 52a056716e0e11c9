// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/file.h"

#include "runtime/store/quarantine.h"
#include "runtime/store/schema.h"
#include "runtime/store/wal_copy.h"
#include "runtime/support/log.h"
#include "runtime/support/paths.h"
#include "runtime/support/safe_file.h"
#include "runtime/support/signal_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <exception>
#include <fcntl.h>
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
  checked_schema_ = -1;
}

status database_file::give_up(store_mode mode, status why) {
  mode_ = mode;
  reason_ = why.text();
  warn_once("store " + path_ + " " + std::string(to_string(mode)), why.text());
  return why;
}

// --- Opening -------------------------------------------------------------------------------------

/// Refuses what is no file of ours before SQLite has touched it.
file_kind database_file::check_file() {
  target_ = path_;
  file_look found{};
  if (role_ != role::own) { // named by the user, perhaps through links of his
    char real[PATH_MAX];
    if (follow_own_link(path_.c_str(), real))
      target_ = real;
    else if (errno == ELOOP)
      found = {file_kind::unsuitable, "is a symbolic link that another user has made"};
  }
  if (found.what.empty())
    found = look_at(target_, role_ == role::own);
  if (found.kind == file_kind::foreign || found.kind == file_kind::unsuitable)
    throw stop_work{give_up(store_mode::memory,
                            status::foreign(fmt::format("database {} {}: it is left alone, {}",
                                                        path_, found.what, kept_for_now)))};
  return found.kind;
}

/// Refuses files that are not for this runtime. Returns the schema version; 0 for an empty file.
int database_file::check_version() {
  const file_version found = read_version(*db_);
  switch (found.what) {
  case file_version::kind::empty:
    return 0;
  case file_version::kind::ours:
    check_schema(found.number);
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
              status::foreign(fmt::format(
                  "database {} is the database of some other program: it is left alone, {}", path_,
                  kept_for_now)))};
}

void database_file::check_schema(int version) {
  const std::int64_t schema = db_->integer("PRAGMA schema_version");
  if (schema == checked_schema_)
    return;
  if (const std::string wrong = foreign_schema(*db_, version); !wrong.empty())
    throw stop_work{give_up(
        store_mode::memory,
        status::foreign(fmt::format("database {} has unexpected content ({}): it is left alone, {}",
                                    path_, wrong, kept_for_now)))};
  checked_schema_ = schema;
}

void database_file::open_for_reading() {
  if (!db_) {
    if (check_file() == file_kind::missing) {
      if (role_ == role::layer)
        throw stop_work{give_up(store_mode::memory, status::not_found(fmt::format(
                                                        "database {} does not exist: going on "
                                                        "without it",
                                                        path_)))};
      throw stop_work{status::not_found(fmt::format("there is no database {} yet", path_))};
    }
    using access = connection::access;
    if (copied_)
      db_ = open_copy(target_);
    else
      db_ = std::make_unique<connection>(target_, immutable_             ? access::immutable
                                                  : role_ == role::layer ? access::read_only
                                                                         : access::read_write);
  }
  db_->set_limits(limits_.read_wait_ms, limits_.work_ms);
}

void database_file::prepare_for_writing() {
  if (prepared_for_writing_)
    return;
  // TRUNCATE saves the directory updates of DELETE; but in a sticky directory nobody may open the
  // journal that another user has left. FULL: what is committed survives a power failure.
  struct stat directory{};
  const bool sticky =
      stat_directory_of(path_.c_str(), directory) && (directory.st_mode & S_ISVTX) != 0;
  db_->execute(sticky ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = TRUNCATE");
  db_->execute("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY");
  prepared_for_writing_ = true;
}

void database_file::open_for_writing() {
  if (!db_) {
    const std::size_t slash = path_.rfind('/');
    if (slash != std::string::npos && slash > 0)
      if (status made = make_directories(path_.substr(0, slash)); !made)
        throw stop_work{give_up(store_mode::memory, status::io_error(fmt::format(
                                                        "{}: {}", made.text(), kept_for_now)))};
    if (check_file() == file_kind::missing) {
      // Not by SQLite, which would leave the mode to the umask.
      const int fd = create_file(path_.c_str(), O_RDWR);
      if (fd < 0 && errno != EEXIST)
        throw sqlite_error(SQLITE_CANTOPEN, "unable to make the database file", errno);
      if (fd >= 0)
        ::close(fd);
    }
    db_ = std::make_unique<connection>(path_, connection::access::read_write);
  }
  db_->set_limits(limits_.write_wait_ms, limits_.work_ms);
  prepare_for_writing();
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
  const low_descriptor_guard standard_streams; // SQLite would fill those that are closed, for good

  for (int round = 0; round < most_rounds; ++round) {
    if (owner_ != ::getpid()) {
      // The handle is the parent's: closing it could undo a transaction there.
      if (db_)
        db_->abandon();
      close();
      owner_ = ::getpid();
    }
    if (db_ && !copied_ && db_->has_moved())
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

void database_file::write_if_easy(const std::function<void(connection &)> &work) {
  constexpr int wait_ms = 20, work_ms = 200;
  if (role_ != role::own || mode_ != store_mode::read_write || owner_ != ::getpid() || !db_ ||
      immutable_ || copied_ || db_->is_read_only())
    return;
  const write_signal_guard no_signals;
  const low_descriptor_guard standard_streams;
  try {
    db_->set_limits(wait_ms, work_ms);
    prepare_for_writing();
    transaction t(*db_);
    if (read_version(*db_).number != schema_version)
      return;
    work(*db_);
    t.commit();
  } catch (const std::exception &) {
    close(); // whatever state it was in
  }
}

status database_file::compact() {
  return attempt(true, [&] {
    open_for_writing();
    constexpr int longest_ms = 600'000;
    db_->set_limits(limits_.write_wait_ms, longest_ms);
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

/// Read-only media, or a file system without locks: nobody is going to change it, and nothing that
/// was half done waits to be undone.
bool database_file::may_be_read_as_it_is() const {
  struct stat journal{};
  const bool half_done =
      ::stat((target_ + "-journal").c_str(), &journal) == 0 && journal.st_size > 0;
  const std::string directory = target_.substr(0, std::max<std::size_t>(target_.rfind('/'), 1));
  const bool writable =
      ::access(target_.c_str(), W_OK) == 0 && ::access(directory.c_str(), W_OK) == 0;
  return !half_done && ::access(target_.c_str(), R_OK) == 0 && (role_ == role::layer || !writable);
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

  case SQLITE_INTERRUPT:
    return give_up(store_mode::memory,
                   status::corrupt(fmt::format("database {} takes more than {} ms for a question: "
                                               "going on without it, {}",
                                               path_, limits_.work_ms, kept_for_now)));

  case SQLITE_READONLY:
    if (error.code() == SQLITE_READONLY_DBMOVED) {
      again = true;
      return {};
    }
    break;

  case SQLITE_CANTOPEN:
    if (role_ == role::layer || (writing && error.system_error() != ENOENT))
      break;
    if (::access(path_.c_str(), F_OK) != 0 && errno == ENOENT && !writing) {
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
  if (!immutable_ && !copied_ && may_be_read_as_it_is()) {
    // Without a journal or a log that is not empty the content is complete.
    struct stat log{};
    copied_ = ::stat((target_ + "-wal").c_str(), &log) == 0 && log.st_size > 0;
    immutable_ = !copied_;
    again = true;
    return {};
  }
  return give_up(store_mode::memory, status::io_error(fmt::format(
                                         "database {} cannot be read ({}): going on without it, {}",
                                         path_, describe(error), kept_for_now)));
}

} // namespace tl::rt::store
