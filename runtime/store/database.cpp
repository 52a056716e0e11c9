// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace tl::rt::store {

[[noreturn]] static void fail(sqlite3 *db, int code) {
  // The message belongs to the connection's last error, which a null or failed handle does not
  // have.
  const bool same = db && sqlite3_extended_errcode(db) == code;
  throw sqlite_error(code, same ? sqlite3_errmsg(db) : sqlite3_errstr(code),
                     db ? sqlite3_system_errno(db) : 0);
}

statement::statement(sqlite3 *db, std::string_view sql) {
  sqlite3_stmt *raw = nullptr;
  const int code = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  statement_.reset(raw);
  if (code != SQLITE_OK)
    fail(db, code);
}

void statement::check(int code) const {
  if (code != SQLITE_OK)
    fail(sqlite3_db_handle(statement_.get()), code);
}

void statement::bind_text(int index, std::string_view value) {
  const char *const data = value.data() ? value.data() : ""; // a null pointer would bind NULL
  check(sqlite3_bind_text64(statement_.get(), index, data, value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}

void statement::bind_blob(int index, std::span<const unsigned char> value) {
  sqlite3_stmt *const s = statement_.get();
  check(value.empty()
            ? sqlite3_bind_zeroblob(s, index, 0) // a null pointer would bind NULL
            : sqlite3_bind_blob64(s, index, value.data(), value.size(), SQLITE_TRANSIENT));
}

bool statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  sqlite3 *const db = sqlite3_db_handle(statement_.get());
  const int extended = sqlite3_extended_errcode(db);
  const sqlite_error error(extended, sqlite3_errmsg(db), sqlite3_system_errno(db));
  reset(); // releases the statement's locks
  throw error;
}

void statement::run() {
  while (step()) {
  }
  reset();
}

std::string statement::text(int column) const {
  const unsigned char *const data = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (size > longest_text)
    throw sqlite_error(SQLITE_TOOBIG, fmt::format("a text of {} bytes", size));
  return data ? std::string(reinterpret_cast<const char *>(data), static_cast<std::size_t>(size))
              : std::string();
}

std::span<const unsigned char> statement::blob(int column) const {
  const void *const data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const unsigned char *>(data), data ? static_cast<std::size_t>(size) : 0};
}

/// The path as a file: URI, for the `immutable` parameter.
static std::string immutable_uri(const std::string &path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02x", static_cast<unsigned>(c));
      uri += escaped;
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

/// The path with the links of its directory resolved, which are the user's to set up. SQLite, told
/// not to follow links, refuses those as well.
static std::string real_directory(const std::string &path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  char real[PATH_MAX];
  if (!::realpath(directory.c_str(), real))
    return path;
  return fmt::format("{}/{}", std::string_view(real) == "/" ? "" : real,
                     path.substr(slash == std::string::npos ? 0 : slash + 1));
}

/// The content is not trusted: whatever the schema holds has no side effects, and what a statement
/// may build is bounded.
static void distrust(sqlite3 *db) {
  static constexpr std::array<std::pair<int, int>, 5> settings = {{
      {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
      {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
  }};
  for (const auto &[what, value] : settings)
    sqlite3_db_config(db, what, value, nullptr);
  static constexpr std::array<std::pair<int, int>, 7> limits = {{
      {SQLITE_LIMIT_LENGTH, largest_row},
      {SQLITE_LIMIT_SQL_LENGTH, 100'000},
      {SQLITE_LIMIT_COLUMN, 100},
      {SQLITE_LIMIT_EXPR_DEPTH, 100},
      {SQLITE_LIMIT_COMPOUND_SELECT, 10},
      {SQLITE_LIMIT_ATTACHED, 1}, // VACUUM needs it
      {SQLITE_LIMIT_WORKER_THREADS, 0},
  }};
  for (const auto &[what, most] : limits)
    sqlite3_limit(db, what, most);
  // A cell is checked before it is followed; and a file that another process cuts short must not be
  // a signal in this one, which memory mapped from it would be.
  for (const char *const pragma : {"PRAGMA cell_size_check = ON", "PRAGMA mmap_size = 0"})
    sqlite3_exec(db, pragma, nullptr, nullptr, nullptr);
}

connection::connection(const std::string &path, access how) {
  int flags = SQLITE_OPEN_NOFOLLOW;
  std::string name = real_directory(path);
  switch (how) {
  case access::create:
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    break;
  case access::read_write:
    flags |= SQLITE_OPEN_READWRITE;
    break;
  case access::read_only:
    flags |= SQLITE_OPEN_READONLY;
    break;
  case access::immutable:
    flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    name = immutable_uri(name);
    break;
  }
  open(name, flags);
}

connection::connection() { open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY); }

void connection::open(const std::string &name, int flags) {
  // NOMUTEX: the store's own mutex serialises all use.
  flags |= SQLITE_OPEN_NOMUTEX;
  sqlite3 *raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  db_.reset(raw); // to be closed even when opening failed
  if (code != SQLITE_OK)
    fail(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  distrust(raw);
}

void connection::execute(const char *sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    fail(db_.get(), code);
}

std::int64_t connection::integer(const char *sql) {
  statement query = prepare(sql);
  return query.step() ? query.integer(0) : 0;
}

void connection::set_limits(int wait_ms, int work_ms) {
  using std::chrono::milliseconds;
  const auto now = std::chrono::steady_clock::now();
  wait_until_ = now + milliseconds(wait_ms);
  work_until_ = wait_until_ + milliseconds(work_ms);
  sqlite3_busy_handler(db_.get(), wait_for_lock, this);
  constexpr int operations = 5000; // between two looks at the clock: well below a millisecond
  sqlite3_progress_handler(db_.get(), operations, is_too_late, this);
}

int connection::is_too_late(void *self) noexcept {
  return std::chrono::steady_clock::now() > static_cast<connection *>(self)->work_until_;
}

int connection::wait_for_lock(void *self, int count) noexcept {
  using namespace std::chrono;
  const auto now = steady_clock::now();
  const auto left = static_cast<connection *>(self)->wait_until_ - now;
  if (left <= nanoseconds::zero())
    return 0;
  // Waiters that started together must not come back together: spread over half to all of the
  // pause.
  const std::int64_t pause =
      std::min<std::int64_t>(std::int64_t{250} << std::min(count, 6), 10'000);
  const std::int64_t spread = now.time_since_epoch().count() / 64 % (pause / 2 + 1);
  std::this_thread::sleep_for(std::min<nanoseconds>(left, microseconds(pause / 2 + spread)));
  return 1;
}

bool connection::has_moved() const {
  int moved = 0;
  return sqlite3_file_control(db_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

transaction::~transaction() {
  if (!open_)
    return;
  try {
    db_.execute("ROLLBACK");
  } catch (const sqlite_error &) { // SQLite has rolled back by itself
  }
}

void transaction::commit() {
  db_.execute("COMMIT");
  open_ = false;
}

} // namespace tl::rt::store
