// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/quarantine.h"

#include "runtime/store/database.h"
#include "runtime/store/trust.h"
#include "runtime/support/descriptor.h"
#include "runtime/support/safe_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace tl::rt::store {

/// Takes SQLite's PENDING, RESERVED and SHARED bytes (https://www.sqlite.org/fileformat.html, "the
/// lock-byte page") for writing, as an open file description lock: it also conflicts with this
/// process's own connections, and goes with the descriptor.
static bool lock_out_sqlite(int fd, int wait_ms) {
  struct flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = 0x40000000;
  range.l_len = 512;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (::fcntl(fd, F_OFD_SETLK, &range) != 0) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR)
      return true; // no locks on this file system: then SQLite has none here either
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

static off_t size_of(const std::string &path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 ? about.st_size : 0;
}

static bool has_sqlite_header(int fd) {
  static constexpr std::string_view magic("SQLite format 3\0", 16);
  std::array<char, 16> start{};
  return ::pread(fd, start.data(), start.size(), 0) == static_cast<ssize_t>(start.size()) &&
         std::string_view(start.data(), start.size()) == magic;
}

/// Looks at the whole file. Without locks: the caller has locked everybody out, this process
/// included.
static bool passes_integrity_check(const std::string &path) {
  try {
    connection db(path, connection::access::immutable);
    statement check = db.prepare("PRAGMA integrity_check(1)");
    return check.step() && check.text(0) == "ok";
  } catch (const sqlite_error &) {
    return false;
  }
}

static std::string free_name(const std::string &path) {
  using namespace std::chrono;
  const auto now = floor<seconds>(system_clock::now());
  const auto day = floor<days>(now);
  const year_month_day date{day};
  const hh_mm_ss time{now - day};
  const std::string first = fmt::format(
      "{}.corrupt-{:04}{:02}{:02}T{:02}{:02}{:02}Z-{}", path, static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
      time.minutes().count(), time.seconds().count(), ::getpid());
  std::string name = first;
  for (int number = 2; ::access(name.c_str(), F_OK) == 0; ++number)
    name = fmt::format("{}-{}", first, number);
  return name;
}

static bool write_all(int fd, const char *data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

/// Copies a whole file to a new one and waits until it is on the disk. Removes the new one on
/// failure.
static status copy_file(int from, const std::string &to) {
  const descriptor target(create_file(to.c_str(), O_WRONLY));
  bool good = target.get() >= 0;
  std::vector<char> buffer(1 << 16);
  off_t at = 0;
  while (good) {
    const ssize_t size = ::pread(from, buffer.data(), buffer.size(), at);
    if (size < 0 && errno == EINTR)
      continue;
    if (size == 0)
      break;
    good = size > 0 && write_all(target.get(), buffer.data(), static_cast<std::size_t>(size));
    at += size;
  }
  if (good && ::fsync(target.get()) == 0)
    return {};
  const int error = errno;
  if (target.get() >= 0)
    ::unlink(to.c_str());
  return status::io_error(fmt::format("cannot copy it to {}: {}", to, std::strerror(error)));
}

quarantine_result set_aside(const std::string &path, int wait_ms) {
  const descriptor file(open_safely(path.c_str(), O_RDWR, file_sort::regular));
  if (file.get() < 0) {
    if (errno == ENOENT)
      return {};
    return {status::io_error(fmt::format("it cannot be written: {}", std::strerror(errno))), {}};
  }
  if (!lock_out_sqlite(file.get(), wait_ms))
    return {status::busy("another process is using it"), {}};

  // Only now is it certain that nobody else has done the same and begun anew.
  if (size_of(path) == 0)
    return {};
  if (!looks_like_ours(file.get()))
    return {status::foreign("it is no database of this runtime"), {}};
  const std::string journal = path + "-journal";
  const bool has_journal = size_of(journal) > 0;
  if (has_sqlite_header(file.get())) {
    // With a journal to be played back, the file may look damaged and is not: let SQLite do that
    // first.
    if (has_journal || passes_integrity_check(path))
      return {};
  }

  const std::string name = free_name(path);
  if (status copied = copy_file(file.get(), name); !copied)
    return {std::move(copied), {}};
  if (has_journal) {
    const descriptor from(open_safely(journal.c_str(), O_RDWR, file_sort::regular));
    status copied = from.get() >= 0 ? copy_file(from.get(), name + "-journal") : status();
    if (!copied)
      return {std::move(copied), {}};
    // Before the database is emptied: SQLite would play it back into the new one.
    if (from.get() >= 0 && ::ftruncate(from.get(), 0) != 0)
      return {status::io_error(fmt::format("cannot empty {}: {}", journal, std::strerror(errno))),
              {}};
  }
  if (::ftruncate(file.get(), 0) != 0 || ::fsync(file.get()) != 0)
    return {status::io_error(fmt::format("it cannot be emptied: {}", std::strerror(errno))), {}};
  return {{}, name};
}

} // namespace tl::rt::store
