// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/log.h"

#include "runtime/support/environment.h"
#include "runtime/support/fnv.h"
#include "runtime/support/paths.h"
#include "runtime/support/signal_guard.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt {

/// What set_log_output() asked for; never freed, so that no reader needs a lock.
struct log_output {
  log_level level;
  std::string file;
  const log_output *previous; ///< keeps it reachable for leak checkers
};

static std::atomic<const log_output *> override_output{nullptr};

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
      data_[size_++] = c == '\n' || c == '\r' ? ' ' : c;
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

static int open_for_append(const char *file) noexcept {
  return ::open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
}

void detail::write_log_line(log_level level, std::string_view file,
                            std::string_view message) noexcept {
  const errno_keeper keep_errno;
  const write_signal_guard no_signals;
  line_buffer line;
  int fd = -1;
  if (!file.empty() && file.size() < 4096) {
    char path[4096];
    path[file.copy(path, sizeof path - 1)] = '\0';
    fd = open_for_append(path);
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
  line.write_to(to_file ? fd : STDERR_FILENO);
  if (to_file)
    ::close(fd);
}

bool log_enabled(log_level level) noexcept {
  if (level == log_level::off)
    return false;
  if (const log_output *const o = override_output.load(std::memory_order_acquire))
    return level <= o->level;
  return level <= environment().log;
}

void log(log_level level, std::string_view message) noexcept {
  if (!log_enabled(level))
    return;
  if (const log_output *const o = override_output.load(std::memory_order_acquire))
    detail::write_log_line(level, o->file, message);
  else
    detail::write_log_line(level, environment().log_file, message);
}

bool warn_once(std::string_view key, std::string_view message) noexcept {
  // Hashes of the keys seen, by open addressing: no lock, so a forked child cannot inherit one
  // held.
  static std::array<std::atomic<std::uint64_t>, 1024> seen{};
  const std::uint64_t hash = fnv(key) | 1; // 0 marks a free slot
  for (std::size_t probe = 0; probe < seen.size(); ++probe) {
    std::atomic<std::uint64_t> &slot = seen[(hash + probe) % seen.size()];
    std::uint64_t found = slot.load(std::memory_order_relaxed);
    if (found == 0 && slot.compare_exchange_strong(found, hash, std::memory_order_relaxed)) {
      log(log_level::warning, message);
      return true;
    }
    if (found == hash)
      return false;
  }
  return false; // a thousand different warnings were said
}

void log_trial(std::string_view text) noexcept {
  const std::string &directory = cache_directory();
  if (directory.empty() || directory.size() > 3900 || environment().disable_cache)
    return;
  const errno_keeper keep_errno;
  const write_signal_guard no_signals;
  char path[4096];
  char old[4096];
  std::snprintf(path, sizeof path, "%s/autotune.log", directory.c_str());
  const int fd = open_for_append(path);
  if (fd < 0)
    return;
  line_buffer line;
  add_time_stamp(line);
  line.add(text);
  line.write_to(fd);
  struct stat about{};
  if (::fstat(fd, &about) == 0 && about.st_size > (16 << 20)) {
    std::snprintf(old, sizeof old, "%s/autotune.log.1", directory.c_str());
    // Two processes that do this at once lose nothing but an old log.
    (void)std::rename(path, old);
  }
  ::close(fd);
}

void set_log_output(log_level level, std::string_view file) noexcept {
  try {
    override_output.store(new log_output{level, std::string(file), override_output.load()},
                          std::memory_order_release);
  } catch (...) { // out of memory: keep what there is
  }
}

} // namespace tl::rt
