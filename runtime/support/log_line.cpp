// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/log_line.h"

#include "runtime/support/safe_file.h"
#include "runtime/support/signal_guard.h"
#include "runtime/support/standard_streams.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt {

/// Longer lines are cut: a line goes out in one write from the stack.
static constexpr std::size_t longest_line = 8192;

namespace {
/// One line being put together on the stack.
class line_buffer {
public:
  void add(std::string_view text) noexcept {
    for (const char c : text) {
      if (size_ == longest_line - 1)
        return;
      // Names come from files and from the environment: nothing in them may steer a terminal.
      const auto byte = static_cast<unsigned char>(c);
      data_[size_++] = c == '\n' || c == '\r' || c == '\t' ? ' '
                       : byte < 0x20 || byte == 0x7f       ? '?'
                                                           : c;
    }
  }
  template <class... Args>
  void format(fmt::format_string<Args...> pattern, Args &&...args) noexcept {
    char part[256];
    const auto end = fmt::format_to_n(part, sizeof part, pattern, std::forward<Args>(args)...);
    add({part, std::min(end.size, sizeof part)});
  }
  void write_to(int fd) noexcept {
    data_[size_] = '\n';
    const char *at = data_.data();
    std::size_t left = size_ + 1;
    while (left > 0) {
      const ssize_t written = ::write(fd, at, left);
      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return;
      at += written;
      left -= static_cast<std::size_t>(written);
    }
  }

private:
  std::array<char, longest_line> data_;
  std::size_t size_ = 0;
};

class errno_keeper {
public:
  errno_keeper() noexcept : saved_(errno) {}
  ~errno_keeper() { errno = saved_; }
  errno_keeper(const errno_keeper &) = delete;
  errno_keeper &operator=(const errno_keeper &) = delete;

private:
  int saved_;
};
} // namespace

/// UTC with milliseconds. Not gmtime_r: glibc takes a lock in it, which a forked child may inherit
/// held.
static void add_time_stamp(line_buffer &line) noexcept {
  using namespace std::chrono;
  const auto now = floor<milliseconds>(system_clock::now());
  const auto day = floor<days>(now);
  const year_month_day date{day};
  const hh_mm_ss time{now - day};
  line.format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {} ", static_cast<int>(date.year()),
              static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
              time.hours().count(), time.minutes().count(), time.seconds().count(),
              time.subseconds().count(), ::getpid());
}

std::string_view to_string(log_level level) noexcept {
  switch (level) {
  case log_level::off:
    return "off";
  case log_level::error:
    return "error";
  case log_level::warning:
    return "warning";
  case log_level::info:
    return "info";
  case log_level::debug:
    return "debug";
  }
  return "unknown";
}

/// The file that TL_LOG names. A terminal or a FIFO that somebody reads will do, too.
static int open_log_file(const char *file) noexcept {
  constexpr int flags = O_WRONLY | O_APPEND;
  if (const int fd = open_or_create(file, flags, false); fd >= 0 || errno == ENXIO)
    return fd;
  char target[PATH_MAX];
  // /dev/stderr and its like lead to what is open, which may have no path.
  const bool open_already = std::strncmp(file, "/dev/std", 8) == 0 ||
                            std::strncmp(file, "/dev/fd/", 8) == 0 ||
                            std::strncmp(file, "/proc/self/fd/", 14) == 0;
  if (open_already) {
    const int fd = ::open(file, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd;
  }
  return follow_own_link(file, target) ? open_safely(target, flags, file_sort::stream) : -1;
}

/// Whether descriptor 2 is where messages go. A program that has closed its standard error may have
/// a file of its own there by now, which it most likely keeps to itself (O_CLOEXEC).
static bool has_standard_error() noexcept {
  struct stat about{};
  const int flags = ::fcntl(STDERR_FILENO, F_GETFD);
  return flags >= 0 && ((flags & FD_CLOEXEC) == 0 || ::fstat(STDERR_FILENO, &about) != 0 ||
                        !S_ISREG(about.st_mode));
}

void write_log_line(log_level level, std::string_view file, std::string_view message) noexcept {
  const errno_keeper keep_errno;
  const write_signal_guard no_signals;
  line_buffer line;
  int fd = -1;
  if (!file.empty() && file.size() < 4096) {
    char path[4096];
    path[file.copy(path, sizeof path - 1)] = '\0';
    fd = open_log_file(path);
  }
  // A log file that cannot be opened must not swallow what was to be said.
  const bool to_file = fd >= 0;
  if (to_file)
    add_time_stamp(line);
  else
    line.add("tl: ");
  if (to_file || level == log_level::error || level == log_level::warning) {
    line.add(to_string(level));
    line.add(": ");
  }
  line.add(message);
  if (to_file || (has_standard_error() && !standard_error_is_gone()))
    line.write_to(to_file ? fd : STDERR_FILENO);
  if (to_file)
    ::close(fd);
}

std::int64_t append_log_line(const char *path, std::string_view text) noexcept {
  const errno_keeper keep_errno;
  const write_signal_guard no_signals;
  const int fd = open_or_create(path, O_WRONLY | O_APPEND, true);
  if (fd < 0)
    return errno == EPERM || errno == ELOOP || errno == ENXIO ? -2 : -1;
  line_buffer line;
  add_time_stamp(line);
  line.add(text);
  line.write_to(fd);
  struct stat about{};
  const std::int64_t size = ::fstat(fd, &about) == 0 ? about.st_size : -1;
  ::close(fd);
  return size;
}

} // namespace tl::rt
