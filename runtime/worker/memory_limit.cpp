// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/memory_limit.h"

#include "runtime/worker/sanitizer.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace tl::rt {

static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

static std::uint64_t read_number(const char *path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? number : unlimited; // "max" is no number
}

static std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::uint64_t available = unlimited;
  for (std::string key, rest; file >> key; std::getline(file, rest)) {
    std::uint64_t kilobytes = 0;
    if (key == "MemAvailable:" && file >> kilobytes)
      available = kilobytes * 1024;
  }
  const std::uint64_t limit = read_number("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = read_number("/sys/fs/cgroup/memory.current");
  if (limit != unlimited && used != unlimited)
    available = std::min(available, limit > used ? limit - used : 0);
  return available;
}

void limit_memory() {
  if (under_sanitizer())
    return;
  const std::uint64_t available = available_memory();
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  if (available == unlimited || !(statm >> pages))
    return;
  // Address space that is only reserved counts too: an arena of malloc and a stack for each thread.
  const long processors = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
  const std::uint64_t reserved =
      static_cast<std::uint64_t>(processors) * (std::uint64_t(160) << 20);
  const std::uint64_t size = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0)
    return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, size + available / 4 * 3 + reserved);
  ::setrlimit(RLIMIT_AS, &limit);
}

} // namespace tl::rt
