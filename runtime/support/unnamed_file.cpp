// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/unnamed_file.h"

#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {

int above_standard_streams(int file) noexcept {
  if (file < 0 || file > STDERR_FILENO)
    return file;
  const int moved = ::fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int error = errno;
  ::close(file);
  errno = error;
  return moved;
}

int open_unnamed_file(const char *label, unsigned flags) noexcept {
  int file = ::memfd_create(label, MFD_CLOEXEC | flags);
  const int error = errno;
  for (const char *folder : {"/dev/shm", "/tmp"})
    if (file < 0)
      file = ::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0)
    errno = error;
  return above_standard_streams(file);
}

} // namespace tl::rt
