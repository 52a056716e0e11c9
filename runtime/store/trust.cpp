// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/trust.h"

#include "runtime/store/migration.h"
#include "runtime/store/schema.h"
#include "runtime/support/safe_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace tl::rt::store {

// --- Files ---------------------------------------------------------------------------------------

bool looks_like_ours(int fd) {
  // https://www.sqlite.org/fileformat.html, "the database header"
  static constexpr std::string_view magic("SQLite format 3\0", 16);
  static constexpr std::size_t application_at = 68;
  std::array<char, 100> header{};
  struct stat about{};
  if (::pread(fd, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()) ||
      ::fstat(fd, &about) != 0)
    return false;
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < 4; ++i)
    id = id << 8 | static_cast<unsigned char>(header[application_at + i]);
  // A header of which only a part is left still has the size of whole pages behind it.
  const bool database =
      std::string_view(header.data(), magic.size()) == magic || about.st_size % 512 == 0;
  return database && id == static_cast<std::uint32_t>(application_id);
}

/// The application id as SQLite reads it, without a lock, a journal, or a descriptor of our own (to
/// close one would end the locks of the program's own connections to this file).
static file_look look_inside(const std::string &path) {
  try {
    connection db(path, connection::access::immutable);
    if (db.integer("PRAGMA application_id") == application_id)
      return {file_kind::ours, {}};
    return {file_kind::foreign, "is the database of some other program"};
  } catch (const sqlite_error &error) {
    if (error.primary() != SQLITE_NOTADB && error.primary() != SQLITE_CORRUPT)
      return {file_kind::unreachable, error.what()};
  }
  const int fd = open_safely(path.c_str(), O_RDONLY, file_sort::stream);
  if (fd < 0)
    return {file_kind::unreachable, std::strerror(errno)};
  const bool ours = looks_like_ours(fd);
  ::close(fd);
  return ours ? file_look{file_kind::ours, {}}
              : file_look{file_kind::foreign, "is no database of this runtime"};
}

/// One look at what may change meanwhile; `about` is what the directory said just before.
static file_look look_once(const std::string &path, bool shared_care, struct stat &about) {
  struct stat directory{};
  if (::lstat(path.c_str(), &about) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      return {file_kind::missing, {}};
    return {file_kind::unreachable, std::strerror(errno)};
  }
  if (!S_ISREG(about.st_mode))
    return {file_kind::unsuitable, fmt::format("is {}", describe_sort(about))};
  if (shared_care && stat_directory_of(path.c_str(), directory) && !may_trust(about, directory))
    return {file_kind::unsuitable,
            (directory.st_mode & S_IWOTH) != 0
                ? fmt::format("belongs to user {}, and everybody may write to its directory (mode "
                              "{:o}; a directory of mode 2770 is shared by a group)",
                              about.st_uid, directory.st_mode & 07777)
                : fmt::format("belongs to user {} and group {}, and its directory to group {}",
                              about.st_uid, about.st_gid, directory.st_gid)};
  if (about.st_size == 0)
    return {file_kind::empty, {}};
  return look_inside(path);
}

static bool same_content(const struct stat &a, const struct stat &b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

static bool has_journal(const std::string &path) {
  struct stat journal{};
  return ::stat((path + "-journal").c_str(), &journal) == 0 && journal.st_size > 0;
}

file_look look_at(const std::string &path, bool shared_care) {
  // A process that begins a database, or sets a damaged one aside, is seen in the middle of it by
  // those that look without a lock: "foreign" is what two looks say, further apart than the clock
  // of file times ticks, when nobody has written and no transaction is under way.
  constexpr std::chrono::milliseconds apart{10};
  constexpr int most_looks = 100;
  struct stat before{};
  file_look found = look_once(path, shared_care, before);
  for (int looks = 1; found.kind == file_kind::foreign && looks < most_looks; ++looks) {
    std::this_thread::sleep_for(apart);
    struct stat after{};
    found = look_once(path, shared_care, after);
    if (same_content(before, after) && !has_journal(path))
      break;
    before = after;
  }
  return found;
}

// --- Schemas -------------------------------------------------------------------------------------

/// SQL without what does not matter: ALTER TABLE spaces it differently from version to version.
static std::string plain(std::string_view sql) {
  std::string text;
  for (const char c : sql)
    if (std::string_view(" \t\r\n\"").find(c) == std::string_view::npos)
      text += c;
  return text;
}

/// What SQLite adds of its own accord: indexes of UNIQUE, and statistics.
static bool is_of_sqlite(std::string_view type, std::string_view name, std::string_view sql) {
  return (type == "index" && name.starts_with("sqlite_autoindex_") && sql.empty()) ||
         (type == "table" && (name == "sqlite_stat1" || name == "sqlite_stat4"));
}

using schema_objects = std::map<std::string, std::string>; // "table winners": its SQL

static schema_objects read_schema(connection &db) {
  schema_objects found;
  statement rows = db.prepare("SELECT type, name, sql FROM sqlite_schema");
  while (rows.step())
    if (const std::string type = rows.text(0), name = rows.text(1), sql = rows.text(2);
        !is_of_sqlite(type, name, sql))
      found[type + " " + name] = plain(sql);
  return found;
}

static const schema_objects &made_by_us(int version) {
  static std::array<const schema_objects *, schema_version + 1> known{}; // never freed
  const auto at = static_cast<std::size_t>(version);
  if (!known[at]) {
    connection made;
    for (int step = 0; step < version; ++step)
      made.execute(migrations()[static_cast<std::size_t>(step)]);
    known[at] = new schema_objects(read_schema(made));
  }
  return *known[at];
}

std::string foreign_schema(connection &db, int version) {
  const schema_objects found = read_schema(db);
  const schema_objects &expected = made_by_us(version);
  for (const auto &[name, sql] : found)
    if (const auto ours = expected.find(name); ours == expected.end())
      return fmt::format("it has a {}, which version {} of the schema has not", name, version);
    else if (ours->second != sql)
      return fmt::format("its {} is another than that of version {} of the schema", name, version);
  for (const auto &[name, sql] : expected)
    if (!found.contains(name))
      return fmt::format("it lacks the {} of version {} of the schema", name, version);
  return {};
}

} // namespace tl::rt::store
