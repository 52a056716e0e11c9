// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/trial_log.h"

#include "runtime/support/environment.h"
#include "runtime/support/log.h"
#include "runtime/support/log_line.h"
#include "runtime/support/paths.h"

#include <cerrno>
#include <cstdio>
#include <string>

namespace tl::rt {

void log_trial(std::string_view text) noexcept {
  const std::string &directory = cache_directory();
  if (directory.empty() || directory.size() > 3900 || environment().disable_cache)
    return;
  char path[4096];
  char old[4096];
  std::snprintf(path, sizeof path, "%s/autotune.log", directory.c_str());
  const std::int64_t size = append_log_line(path, text);
  if (size == -2)
    warn_once("trial log", "autotune.log in the cache directory is not a file that this user may "
                           "write and trust: trials are not logged");
  if (size <= 16 << 20)
    return;
  const int saved_errno = errno;
  std::snprintf(old, sizeof old, "%s/autotune.log.1", directory.c_str());
  // Two processes that do this at once lose nothing but an old log.
  (void)std::rename(path, old);
  errno = saved_errno;
}

} // namespace tl::rt
