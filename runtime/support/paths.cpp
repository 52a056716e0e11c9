// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/paths.h"

#include "runtime/support/log.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tl::rt {

static std::string absolute(std::string_view path) {
  std::error_code error;
  std::filesystem::path full = std::filesystem::absolute(std::filesystem::path(path), error);
  return error ? std::string(path) : full.lexically_normal().string();
}

std::string resolve_cache_directory(std::string_view tl_cache_dir, const char *xdg_cache_home,
                                    const char *home) {
  if (!tl_cache_dir.empty())
    return absolute(tl_cache_dir);
  if (xdg_cache_home && xdg_cache_home[0] == '/')
    return fmt::format("{}/tl", xdg_cache_home);
  if (home && home[0] == '/')
    return fmt::format("{}/.cache/tl", home);
  return {};
}

const std::string &cache_directory() {
  // Not a static local, as in environment().
  static std::atomic<const std::string *> known{nullptr};
  if (const std::string *const path = known.load(std::memory_order_acquire))
    return *path;
  auto fresh = std::make_unique<const std::string>(resolve_cache_directory(
      environment().cache_dir, ::secure_getenv("XDG_CACHE_HOME"), ::secure_getenv("HOME")));
  const std::string *expected = nullptr;
  if (!known.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel))
    return *expected;
  const std::string &path = *fresh.release();
  if (path.empty() && !environment().disable_cache)
    warn_once(
        "cache-directory",
        ::getauxval(AT_SECURE) != 0
            ? "no cache directory: a program with the rights of another user (set-uid, set-gid, "
              "capabilities) takes nothing from the environment; winners are kept for this "
              "process only"
            : "no cache directory: TL_CACHE_DIR, XDG_CACHE_HOME and HOME name none; winners "
              "are kept for this process only");
  return path;
}

status make_directories(const std::string &path) {
  if (path.empty())
    return status::invalid("the name of the directory is empty");
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '/')
      continue;
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), 0700) == 0) {
      // A umask may have taken our own rights.
      const int made = ::open(part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      struct stat about{};
      if (made < 0)
        (void)::chmod(part.c_str(), 0700); // it cannot even be read
      else if (::fstat(made, &about) == 0 && (about.st_mode & 0700) != 0700)
        (void)::fchmod(made, 0700);
      if (made >= 0)
        ::close(made);
      continue;
    }
    if (errno == EEXIST)
      continue;
    // An automounted or read-only parent can answer with something else than EEXIST.
    const int error = errno;
    struct stat about{};
    if (::stat(part.c_str(), &about) == 0 && S_ISDIR(about.st_mode))
      continue;
    return status::io_error(
        fmt::format("cannot create directory {}: {}", part, std::strerror(error)));
  }
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0 || !S_ISDIR(about.st_mode))
    return status::io_error(fmt::format("{} is not a directory", path));
  return {};
}

} // namespace tl::rt
