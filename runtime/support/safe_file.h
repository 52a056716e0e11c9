// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening files inside a program that is not ours, in directories that may be shared.
//
// Nothing here follows a link in the last part of a path, waits for the other end of a FIFO, makes
// a terminal the controlling one, or takes a descriptor that the program may think is one of its
// standard streams. Safe from any thread and in a forked child; nothing allocates unless it says
// so.

#ifndef TL_RUNTIME_SUPPORT_SAFE_FILE_H
#define TL_RUNTIME_SUPPORT_SAFE_FILE_H

#include <climits>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>

namespace tl::rt {

/// What a file of ours may be.
enum class file_sort : unsigned char {
  regular, ///< a file with one name: a second one might be anybody's
  stream,  ///< a regular file, a terminal or another character device, or a FIFO that is read
};

/// open() with O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK and O_NOCTTY. -1 with errno, EPERM where the file
/// is there and is not of this sort. The descriptor is never 0, 1 or 2.
int open_safely(const char *path, int flags, file_sort sort) noexcept;

/// Opens a regular file to write to it, making it when missing with the mode that its directory
/// stands for (file_mode()), whatever the umask. `flags`: O_RDWR, or O_WRONLY with or without
/// O_APPEND. With `trusted_only`, EPERM for a file that may_trust() refuses.
int open_or_create(const char *path, int flags, bool trusted_only) noexcept;

/// Makes an empty file, as above; -1 with EEXIST where something is there already.
int create_file(const char *path, int flags) noexcept;

/// Mode of files in a directory: the owner reads and writes, group and others as the directory lets
/// them (0700: 0600, 2775: 0664, 1777: 0666).
mode_t file_mode(const struct stat &directory) noexcept;

/// Whether a file's content may be relied on, by who could have put it there. In a directory where
/// everybody may write, only files of this user, root, and the directory's owner; in one where a
/// group may, also those of that group; elsewhere all.
bool may_trust(const struct stat &file, const struct stat &directory) noexcept;

/// stat() of the directory that `path` is in. False with errno.
bool stat_directory_of(const char *path, struct stat &about) noexcept;

/// "a symbolic link", "a directory", "a FIFO", ... Allocates.
std::string describe_sort(const struct stat &about);

/// For a file that the user has named (TL_LOG, TL_DB_PATH), who may well mean what a link leads to:
/// the path with its links resolved. False with errno: nothing is there, or another user, who is
/// not root, has put a link there.
bool follow_own_link(const char *path, char (&target)[PATH_MAX]) noexcept;

/// While it lives, descriptors 0, 1 and 2 are taken: a program that has closed one of them must not
/// find a database there, nor a library's file under what it takes for its standard error.
class low_descriptor_guard {
public:
  low_descriptor_guard() noexcept;
  ~low_descriptor_guard();
  low_descriptor_guard(const low_descriptor_guard &) = delete;
  low_descriptor_guard &operator=(const low_descriptor_guard &) = delete;

private:
  bool filled_[3] = {};
  dev_t null_ = 0; ///< what they are filled with
};

} // namespace tl::rt

#endif
