// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/small_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt {

std::string read_small_file(const char *path) {
  std::string content;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0)
    return content;
  struct stat about{};
  char chunk[4096];
  if (::fstat(file, &about) == 0 && S_ISREG(about.st_mode))
    for (;;) {
      const ssize_t got = ::read(file, chunk, sizeof chunk);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        break;
      content.append(chunk, static_cast<std::size_t>(got));
    }
  ::close(file);
  return content;
}

const char *error_text(int error) noexcept {
#if defined(__GLIBC__)
  const char *text = ::strerrordesc_np(error);
  return text ? text : "unknown error";
#else
  return std::strerror(error);
#endif
}

} // namespace tl::rt
