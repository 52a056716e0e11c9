// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/wal_copy.h"

#include "runtime/support/descriptor.h"
#include "runtime/support/safe_file.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace tl::rt::store {

/// Larger databases are not copied [bytes].
static constexpr off_t largest_copy = off_t{256} << 20;

[[noreturn]] static void fail(const char *what) {
  throw sqlite_error(SQLITE_CANTOPEN, what, errno);
}

namespace {
/// A directory that goes, with the two files, whatever happens.
class scratch_directory {
public:
  scratch_directory() {
    const char *const variable = ::secure_getenv("TMPDIR");
    for (const char *const parent : {variable ? variable : "/tmp", "/tmp", "/dev/shm"}) {
      path_ = std::string(parent) + "/tl-XXXXXX";
      if (::mkdtemp(path_.data()))
        return;
    }
    path_.clear();
    fail("no directory for a copy of the database");
  }
  ~scratch_directory() {
    for (const char *const end : {"", "-wal", "-shm", "-journal"})
      ::unlink((database() + end).c_str());
    ::rmdir(path_.c_str());
  }
  scratch_directory(const scratch_directory &) = delete;
  scratch_directory &operator=(const scratch_directory &) = delete;
  std::string database() const { return path_ + "/db"; }

private:
  std::string path_;
};

int opened(int fd) {
  if (fd < 0)
    fail("unable to copy the database");
  return fd;
}
} // namespace

static void copy(const std::string &from, const std::string &to) {
  const descriptor source(opened(open_safely(from.c_str(), O_RDONLY, file_sort::stream)));
  const descriptor target(opened(create_file(to.c_str(), O_WRONLY)));
  std::vector<char> buffer(1 << 16);
  off_t at = 0;
  while (true) {
    const ssize_t size = ::pread(source.get(), buffer.data(), buffer.size(), at);
    if (size == 0)
      return;
    at += size;
    if (size < 0 || at > largest_copy ||
        ::write(target.get(), buffer.data(), static_cast<std::size_t>(size)) != size)
      fail("unable to copy the database");
  }
}

std::unique_ptr<connection> open_copy(const std::string &path) {
  const scratch_directory scratch;
  copy(path, scratch.database());
  copy(path + "-wal", scratch.database() + "-wal");
  auto db = std::make_unique<connection>(scratch.database(), connection::access::read_write);
  db->execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; "
              "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON; SELECT count(*) FROM "
              "sqlite_schema");
  return db;
}

} // namespace tl::rt::store
