// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thin layer over sqlite3: connections, statements, transactions. Private to the store.
//
// Errors are sqlite_error exceptions, which the store catches at each of its public functions. One
// object belongs to one thread at a time.

#ifndef TL_RUNTIME_STORE_DATABASE_H
#define TL_RUNTIME_STORE_DATABASE_H

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tl::rt::store {

class sqlite_error : public std::runtime_error {
public:
  sqlite_error(int code, const std::string &text, int system_error = 0)
      : std::runtime_error(text), code_(code), system_error_(system_error) {}
  /// Extended result code, e.g. SQLITE_READONLY_DBMOVED.
  int code() const { return code_; }
  /// Primary result code, e.g. SQLITE_READONLY.
  int primary() const { return code_ & 0xff; }
  /// errno behind a failed open, read, write or lock; 0 when the operating system was not the
  /// cause.
  int system_error() const {
    const bool system = primary() == SQLITE_CANTOPEN || primary() == SQLITE_IOERR;
    return system ? system_error_ : 0;
  }

private:
  int code_;
  int system_error_;
};

/// Names, configs and reasons are lines; a text of more bytes than this is none that we wrote.
inline constexpr int longest_text = 1 << 20;
/// The largest row: a trial with millions of samples has 8 bytes for each.
inline constexpr int largest_row = 64 << 20;

/// A prepared statement. Parameters are bound in order, starting anew with each bind().
class statement {
public:
  statement(sqlite3 *db, std::string_view sql);

  template <class... Values> statement &bind(const Values &...values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }

  /// Moves to the next row; false at the end.
  bool step();
  /// Steps to the end.
  void run();
  void reset() noexcept { sqlite3_reset(statement_.get()); }

  /// Values of the current row. NULL reads as 0 or "". A text longer than longest_text is an error.
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  double real(int column) const { return sqlite3_column_double(statement_.get(), column); }
  std::string text(int column) const;
  std::span<const unsigned char> blob(int column) const;

private:
  template <class Value> void bind_one(int index, const Value &value) {
    if constexpr (std::is_floating_point_v<Value>)
      check(sqlite3_bind_double(statement_.get(), index, value));
    else if constexpr (std::is_integral_v<Value>)
      check(sqlite3_bind_int64(statement_.get(), index, static_cast<std::int64_t>(value)));
    else if constexpr (std::is_enum_v<Value>)
      check(sqlite3_bind_int64(statement_.get(), index, static_cast<std::int64_t>(value)));
    else if constexpr (std::is_same_v<Value, std::vector<unsigned char>>)
      bind_blob(index, value);
    else
      bind_text(index, value);
  }
  void bind_text(int index, std::string_view value);
  void bind_blob(int index, std::span<const unsigned char> value);
  void check(int code) const;

  struct finalizer {
    void operator()(sqlite3_stmt *s) const noexcept { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, finalizer> statement_;
};

/// An open database file, whose content is not trusted. Links are not followed.
class connection {
public:
  enum class access : unsigned char {
    create,     ///< read and write, made if missing
    read_write, ///< falls back to reading where the file may not be written: see is_read_only()
    read_only,
    immutable, ///< no locks at all: for files that nobody can write (read-only media)
  };

  connection(const std::string &path, access how);
  /// In memory, with nothing in it.
  connection();

  /// Prepares a statement that is used once.
  statement prepare(std::string_view sql) { return {db_.get(), sql}; }
  void execute(const char *sql);
  /// The value of a one-value query or pragma.
  std::int64_t integer(const char *sql);

  /// How long calls may wait for locks from now on, all together, and how much longer they may work
  /// [ms]. What takes longer fails with SQLITE_INTERRUPT: a file can be made so that a simple
  /// question takes for ever.
  void set_limits(int wait_ms, int work_ms);
  bool is_read_only() const { return sqlite3_db_readonly(db_.get(), "main") == 1; }
  /// Whether the path no longer leads to the file that is open.
  bool has_moved() const;
  /// Gives the handle up without closing it: what a forked child has to do with its parent's.
  void abandon() noexcept { (void)db_.release(); }

private:
  void open(const std::string &name, int flags);
  static int wait_for_lock(void *self, int count) noexcept;
  static int is_too_late(void *self) noexcept;

  struct closer {
    void operator()(sqlite3 *db) const noexcept { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, closer> db_;
  std::chrono::steady_clock::time_point wait_until_{}, work_until_{};
};

/// A write transaction: BEGIN IMMEDIATE, rolled back unless committed.
class transaction {
public:
  explicit transaction(connection &db) : db_(db) { db_.execute("BEGIN IMMEDIATE"); }
  ~transaction();
  transaction(const transaction &) = delete;
  transaction &operator=(const transaction &) = delete;
  void commit();

private:
  connection &db_;
  bool open_ = true;
};

} // namespace tl::rt::store

#endif
