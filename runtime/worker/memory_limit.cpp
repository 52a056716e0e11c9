// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/memory_limit.h"

#include "runtime/support/sanitizer.h"
#include "runtime/support/small_file.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace tl::rt {

static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

static std::uint64_t first_number(const char *text) {
  char *end = nullptr;
  const std::uint64_t number = std::strtoull(text, &end, 10);
  return end != text ? number : unlimited; // "max" is no number
}

static std::uint64_t read_number(const char *path) {
  return first_number(read_small_file(path).c_str());
}

std::uint64_t available_memory() {
  std::uint64_t available = unlimited;
  const std::string about = read_small_file("/proc/meminfo");
  constexpr std::string_view key = "MemAvailable:";
  if (const std::size_t at = about.find(key); at != std::string::npos)
    if (const std::uint64_t kilobytes = first_number(about.c_str() + at + key.size());
        kilobytes != unlimited)
      available = kilobytes * 1024;
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
  const std::uint64_t pages = read_number("/proc/self/statm");
  if (available == unlimited || pages == unlimited)
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
