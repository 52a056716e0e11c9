// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/library_file.h"

#include "runtime/support/descriptor.h"
#include "runtime/support/fnv.h"
#include "runtime/support/paths.h"
#include "runtime/support/positioned_io.h"
#include "runtime/support/safe_file.h"
#include "runtime/support/small_file.h"
#include "runtime/support/split.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::demand {
namespace {

constexpr std::string_view mark = "tl-lib-1";
constexpr std::size_t trailer_bytes = sizeof(std::uint32_t) + sizeof(std::uint64_t) + mark.size();
/// Far larger than any library of a few variants.
constexpr std::uint64_t most_bytes = 1u << 30;

status open_own(const std::string &path, int &fd, std::uint64_t &bytes) {
  fd = open_safely(path.c_str(), O_RDONLY, file_sort::regular);
  if (fd < 0)
    return status::io_error(fmt::format("{}: {}", path, error_text(errno)));
  struct stat about{};
  if (::fstat(fd, &about) != 0)
    return status::io_error(fmt::format("{}: {}", path, error_text(errno)));
  if (about.st_uid != ::geteuid() || (about.st_mode & 077) != 0)
    return status::foreign(fmt::format("{} is another user's, or others may write to it", path));
  bytes = static_cast<std::uint64_t>(about.st_size);
  if (bytes < trailer_bytes || bytes > most_bytes)
    return status::corrupt(fmt::format("{} is cut off", path));
  return {};
}

struct trailer {
  std::uint32_t text_bytes = 0;
  std::uint64_t hash = 0;
};

bool read_trailer(std::string_view end, trailer &out) {
  if (end.substr(end.size() - mark.size()) != mark)
    return false;
  std::memcpy(&out.text_bytes, end.data(), sizeof out.text_bytes);
  std::memcpy(&out.hash, end.data() + sizeof out.text_bytes, sizeof out.hash);
  return true;
}

std::vector<std::string> lines(std::string_view text) {
  const std::vector<std::string_view> all = lines_of(text);
  return {all.begin(), all.end()};
}

} // namespace

status own_directory(const std::string &path) {
  if (status made = make_directories(path); !made)
    return made;
  struct stat about{};
  if (::lstat(path.c_str(), &about) != 0)
    return status::io_error(fmt::format("{}: {}", path, error_text(errno)));
  if (!S_ISDIR(about.st_mode))
    return status::foreign(fmt::format("{} is {}", path, describe_sort(about)));
  if (about.st_uid != ::geteuid())
    return status::foreign(fmt::format("{} belongs to another user", path));
  if ((about.st_mode & 077) != 0)
    return status::foreign(fmt::format("others may look into {} (mode {:o}); it has to be 0700",
                                       path, about.st_mode & 07777));
  return {};
}

bool is_own_file(const std::string &path) {
  struct stat about{};
  return ::lstat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         about.st_uid == ::geteuid() && (about.st_mode & 077) == 0;
}

bool make_own(const std::string &path) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return file.get() >= 0 && ::fchmod(file.get(), 0600) == 0;
}

bool write_own_file(const std::string &path, const std::string &text) {
  const descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  return file.get() >= 0 &&
         ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

status seal_library(const std::string &path, const std::vector<std::string> &configs) {
  const descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct stat about{};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0 || ::fchmod(file.get(), 0600) != 0)
    return status::io_error(fmt::format("{}: {}", path, error_text(errno)));
  std::string content(static_cast<std::size_t>(about.st_size), '\0');
  if (!read_at(file.get(), 0, content.data(), content.size()))
    return status::io_error(fmt::format("{}: it cannot be read back", path));
  std::string text;
  for (const std::string &it : configs)
    text += it + "\n";
  const auto length = static_cast<std::uint32_t>(text.size());
  text.append(reinterpret_cast<const char *>(&length), sizeof length);
  const std::uint64_t hash = fnv(text, fnv(content));
  text.append(reinterpret_cast<const char *>(&hash), sizeof hash);
  text += mark;
  const ssize_t put = ::pwrite(file.get(), text.data(), text.size(), about.st_size);
  if (put != static_cast<ssize_t>(text.size()))
    return put < 0 && errno == ENOSPC
               ? status::full(fmt::format("{}: {}", path, error_text(errno)))
               : status::io_error(fmt::format("{}: it cannot be written", path));
  return {};
}

status read_library(const std::string &path, std::string &content,
                    std::vector<std::string> &configs) {
  int fd = -1;
  std::uint64_t bytes = 0;
  status opened = open_own(path, fd, bytes);
  const descriptor file(fd);
  if (!opened)
    return opened;
  content.assign(bytes, '\0');
  trailer end;
  if (!read_at(fd, 0, content.data(), bytes) ||
      !read_trailer(std::string_view(content).substr(bytes - trailer_bytes), end) ||
      end.text_bytes > bytes - trailer_bytes)
    return status::corrupt(fmt::format("{} is cut off", path));
  const std::size_t hashed = bytes - trailer_bytes + sizeof end.text_bytes;
  if (fnv(std::string_view(content).substr(0, hashed)) != end.hash)
    return status::corrupt(fmt::format("{} is damaged", path));
  configs = lines(
      std::string_view(content).substr(bytes - trailer_bytes - end.text_bytes, end.text_bytes));
  return {};
}

std::vector<std::string> configs_of_library(const std::string &path) {
  int fd = -1;
  std::uint64_t bytes = 0;
  const status opened = open_own(path, fd, bytes);
  const descriptor file(fd);
  char last[trailer_bytes];
  trailer end;
  if (!opened || !read_at(fd, bytes - trailer_bytes, last, sizeof last) ||
      !read_trailer({last, sizeof last}, end) || end.text_bytes > bytes - trailer_bytes)
    return {};
  std::string text(end.text_bytes, '\0');
  return read_at(fd, bytes - trailer_bytes - end.text_bytes, text.data(), text.size())
             ? lines(text)
             : std::vector<std::string>();
}

} // namespace tl::rt::demand
