// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/safe_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace tl::rt {

static constexpr int always = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/// Closes without changing errno.
static int close_and_fail(int fd, int error) noexcept {
  ::close(fd);
  errno = error;
  return -1;
}

static int open_high(const char *path, int flags, mode_t mode) noexcept {
  int fd = -1;
  do
    fd = ::open(path, flags | always, mode);
  while (fd < 0 && errno == EINTR);
  if (fd < 0 || fd > STDERR_FILENO)
    return fd;
  const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int error = errno;
  ::close(fd);
  errno = error;
  return high;
}

static bool is_of(file_sort sort, const struct stat &about) noexcept {
  if (sort == file_sort::regular)
    return S_ISREG(about.st_mode) && about.st_nlink <= 1;
  return S_ISREG(about.st_mode) || S_ISCHR(about.st_mode) || S_ISFIFO(about.st_mode);
}

int open_safely(const char *path, int flags, file_sort sort) noexcept {
  const int fd = open_high(path, flags & ~O_CREAT, 0);
  struct stat about{};
  if (fd < 0 || (::fstat(fd, &about) == 0 && is_of(sort, about)))
    return fd;
  return close_and_fail(fd, EPERM);
}

bool stat_directory_of(const char *path, struct stat &about) noexcept {
  const char *const slash = std::strrchr(path, '/');
  if (!slash)
    return ::stat(".", &about) == 0;
  char directory[PATH_MAX];
  const std::size_t size = slash == path ? 1 : static_cast<std::size_t>(slash - path);
  if (size >= sizeof directory) {
    errno = ENAMETOOLONG;
    return false;
  }
  std::memcpy(directory, path, size);
  directory[size] = '\0';
  return ::stat(directory, &about) == 0;
}

mode_t file_mode(const struct stat &directory) noexcept {
  return 0600 | (directory.st_mode & 0066);
}

bool may_trust(const struct stat &file, const struct stat &directory) noexcept {
  const uid_t us = ::geteuid();
  if (file.st_uid == us || file.st_uid == 0 || file.st_uid == directory.st_uid)
    return true;
  if ((directory.st_mode & S_IWOTH) != 0)
    return false;
  return (directory.st_mode & S_IWGRP) == 0 || file.st_gid == directory.st_gid;
}

int create_file(const char *path, int flags) noexcept {
  struct stat directory{};
  if (!stat_directory_of(path, directory))
    return -1;
  const mode_t mode = file_mode(directory);
  const int fd = open_high(path, flags | O_CREAT | O_EXCL, mode);
  if (fd < 0)
    return fd;
  struct stat about{};
  // The umask took some of it. Where that cannot be mended, fewer may use it.
  if (::fstat(fd, &about) == 0 && (about.st_mode & 0777) != mode)
    (void)::fchmod(fd, mode);
  // A program that was run with sudo leaves nothing behind that its user cannot write.
  if (::geteuid() == 0 && directory.st_uid != 0) [[maybe_unused]]
    const int given = ::fchown(fd, directory.st_uid, directory.st_gid);
  return fd;
}

int open_or_create(const char *path, int flags, bool trusted_only) noexcept {
  // Without O_CREAT first: with it, Linux refuses other users' files in sticky directories.
  for (int round = 0; round < 4; ++round) {
    const int fd = open_safely(path, flags, file_sort::regular);
    if (fd >= 0) {
      struct stat about{}, directory{};
      if (!trusted_only || (::fstat(fd, &about) == 0 && stat_directory_of(path, directory) &&
                            may_trust(about, directory)))
        return fd;
      return close_and_fail(fd, EPERM);
    }
    if (errno != ENOENT)
      return -1;
    const int made = create_file(path, flags);
    if (made >= 0 || errno != EEXIST)
      return made;
  }
  return -1;
}

std::string describe_sort(const struct stat &about) {
  switch (about.st_mode & S_IFMT) {
  case S_IFLNK:
    return "a symbolic link";
  case S_IFDIR:
    return "a directory";
  case S_IFIFO:
    return "a FIFO";
  case S_IFSOCK:
    return "a socket";
  case S_IFBLK:
  case S_IFCHR:
    return "a device";
  default:
    return about.st_nlink > 1 ? "a file with several names (hard links)" : "a file";
  }
}

bool follow_own_link(const char *path, char (&target)[PATH_MAX]) noexcept {
  struct stat link{};
  if (::lstat(path, &link) != 0)
    return false;
  if (S_ISLNK(link.st_mode) && link.st_uid != 0 && link.st_uid != ::geteuid()) {
    errno = ELOOP;
    return false;
  }
  return ::realpath(path, target) != nullptr;
}

low_descriptor_guard::low_descriptor_guard() noexcept {
  const int error = errno;
  for (int fd = 0; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) {
      const int opened = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      struct stat about{};
      if (opened >= 0 && opened <= STDERR_FILENO && ::fstat(opened, &about) == 0) {
        filled_[opened] = true;
        null_ = about.st_rdev;
      } else if (opened >= 0) { // another thread was faster
        ::close(opened);
      }
    }
  errno = error;
}

low_descriptor_guard::~low_descriptor_guard() {
  const int error = errno;
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
    struct stat about{};
    // Unless another thread has put something else there meanwhile.
    if (filled_[fd] && ::fcntl(fd, F_GETFD) == FD_CLOEXEC && ::fstat(fd, &about) == 0 &&
        S_ISCHR(about.st_mode) && about.st_rdev == null_)
      ::close(fd);
  }
  errno = error;
}

} // namespace tl::rt
