// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and writing all of something at a place of a file.

#ifndef TL_RUNTIME_SUPPORT_POSITIONED_IO_H
#define TL_RUNTIME_SUPPORT_POSITIONED_IO_H

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <unistd.h>

namespace tl::rt {

/// False, with errno (0: the file ends before), where not all of it could be read.
inline bool read_at(int file, std::uint64_t at, void *to, std::size_t bytes) {
  auto *next = static_cast<char *>(to);
  while (bytes > 0) {
    errno = 0;
    const ssize_t got = ::pread(file, next, bytes, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    next += got;
    at += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

/// False, with errno, where not all of it could be written.
inline bool write_at(int file, std::uint64_t at, const void *from, std::size_t bytes) {
  const auto *next = static_cast<const char *>(from);
  while (bytes > 0) {
    const ssize_t put = ::pwrite(file, next, bytes, static_cast<off_t>(at));
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    next += put;
    at += static_cast<std::uint64_t>(put);
    bytes -= static_cast<std::size_t>(put);
  }
  return true;
}

} // namespace tl::rt

#endif
