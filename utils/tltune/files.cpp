// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "files.h"
#include "failure.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::tool {

namespace {
struct close_file {
  void operator()(std::FILE *file) const {
    if (file != stdin && file != stdout)
      std::fclose(file);
  }
};
using file_handle = std::unique_ptr<std::FILE, close_file>;
} // namespace

[[noreturn]] static void fail(const std::string &path) {
  throw failure(exit_file, path + ": " + std::strerror(errno));
}

/// Of a FIFO that nobody writes to nothing ever comes [ms].
static constexpr int longest_silence_ms = 10'000;
/// No export is larger [bytes].
static constexpr std::size_t largest_file = std::size_t{1} << 30;

/// open() that waits for nobody.
static file_handle open_without_waiting(const std::string &path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  struct stat about{};
  if (fd < 0 || ::fstat(fd, &about) != 0)
    return {};
  if (!S_ISREG(about.st_mode)) {
    pollfd waits{fd, POLLIN, 0};
    const int ready = ::poll(&waits, 1, longest_silence_ms);
    if (ready == 0)
      errno = ETIMEDOUT;
    if (ready <= 0)
      return ::close(fd), file_handle();
  }
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return file_handle(::fdopen(fd, "rb"));
}

std::string read_file(const std::string &path) {
  errno = 0;
  const file_handle file = path == "-" ? file_handle(stdin) : open_without_waiting(path);
  if (!file)
    fail(path);
  std::string content;
  char buffer[1 << 16];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get())) {
    content.append(buffer, size);
    if (content.size() > largest_file) {
      errno = EFBIG;
      fail(path);
    }
  }
  if (std::ferror(file.get()))
    fail(path);
  return content;
}

/// For writing: what is there and special (a device, a FIFO that somebody reads) is written to, and
/// anything else is made anew.
static file_handle open_for_writing(const std::string &path, bool special) {
  const int flags =
      special ? O_WRONLY | O_NONBLOCK | O_NOCTTY : O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (fd < 0)
    return {};
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return file_handle(::fdopen(fd, "wb"));
}

void write_file(const std::string &path, const std::string &content) {
  errno = 0;
  if (path == "-") {
    if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size())
      fail("standard output");
    return;
  }
  std::error_code error;
  const bool special =
      std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error);
  const std::string target = special ? path : path + ".tmp" + std::to_string(getpid());
  file_handle file = open_for_writing(target, special);
  if (!file)
    fail(path);
  const bool written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  if (std::fclose(file.release()) != 0 || !written) {
    const int cause = errno;
    if (!special)
      std::remove(target.c_str());
    errno = cause;
    fail(path);
  }
  if (!special && std::rename(target.c_str(), path.c_str()) != 0)
    fail(path);
}

} // namespace tl::tool
