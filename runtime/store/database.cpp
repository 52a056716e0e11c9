// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/database.h"

#include <algorithm>
#include <cstdio>
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

connection::connection(const std::string &path, access how) {
  // NOMUTEX: the store's own mutex serialises all use.
  int flags = SQLITE_OPEN_NOMUTEX;
  std::string name = path;
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
    name = immutable_uri(path);
    break;
  }
  sqlite3 *raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  db_.reset(raw); // to be closed even when opening failed
  if (code != SQLITE_OK)
    fail(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  // The file's content is not trusted: a crafted schema has no side effects.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
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

void connection::set_wait(int milliseconds) {
  deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  sqlite3_busy_handler(db_.get(), wait_for_lock, this);
}

int connection::wait_for_lock(void *self, int count) noexcept {
  using namespace std::chrono;
  const auto now = steady_clock::now();
  const auto left = static_cast<connection *>(self)->deadline_ - now;
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
