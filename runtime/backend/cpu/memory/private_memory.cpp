// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/private_memory.h"

#include "runtime/support/small_file.h"
#include "runtime/worker/memory_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace tl::rt {

/// Of larger mappings only what arguments lead to is copied [bytes].
static constexpr std::size_t most_copied = std::size_t(1) << 30;

// Not by memcpy(): a mapping may reach beyond the end of its file, where reading is a signal.
static void copy_readable(std::byte *to, std::uintptr_t from, std::size_t bytes) {
  constexpr std::size_t page = 4096;
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (memory < 0) {
    std::memcpy(to, reinterpret_cast<const void *>(from), bytes);
    return;
  }
  for (std::size_t at = 0; at < bytes;) {
    const ssize_t got = ::pread(memory, to + at, bytes - at, static_cast<off_t>(from + at));
    at = got > 0 ? at + static_cast<std::size_t>(got) : (at / page + 1) * page;
  }
  ::close(memory);
}

static bool copy_in_place(std::uintptr_t begin, std::uintptr_t end) {
  const std::size_t bytes = end - begin;
  void *copy = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (copy == MAP_FAILED)
    return false;
  copy_readable(static_cast<std::byte *>(copy), begin, bytes);
  return ::mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                  reinterpret_cast<void *>(begin)) != MAP_FAILED;
}

// Registers and queues of a device: a copy of those would be no such thing.
static bool is_device(const memory_mapping &mapping) {
  const auto begins = [&](const char *with) { return mapping.name.rfind(with, 0) == 0; };
  return (begins("/dev/") && !begins("/dev/shm/") && !begins("/dev/zero")) ||
         begins("anon_inode:") || begins("socket:") || begins("/sys/") || begins("/proc/");
}

/// What of a large mapping is copied, as whole pages: what arguments lead to and its surroundings,
/// so that a variant that strays stays in the copy.
static std::vector<memory_extent> reached_parts(const memory_layout &layout,
                                                const memory_mapping &mapping) {
  constexpr std::uintptr_t around = std::uintptr_t(64) << 10, page = 4096;
  std::vector<memory_extent> parts;
  for (const memory_region &region : layout.regions) {
    if (region.begin >= mapping.end || region.end <= mapping.begin)
      continue;
    const std::uintptr_t begin = std::max(region.begin, mapping.begin + around) - around;
    const std::uintptr_t end = std::min(region.end, mapping.end - around) + around;
    const memory_extent part{begin / page * page,
                             std::min((end + page - 1) / page * page, mapping.end)};
    if (!parts.empty() && part.begin <= parts.back().end)
      parts.back().end = std::max(parts.back().end, part.end);
    else
      parts.push_back(part);
  }
  return parts;
}

status make_private(const memory_layout &layout, const memory_map &map, const void *keep) {
  const auto kept = reinterpret_cast<std::uintptr_t>(keep);
  for (const memory_mapping &mapping : map.mappings()) {
    if (!mapping.shared || (kept >= mapping.begin && kept < mapping.end))
      continue;
    std::vector<memory_extent> parts = reached_parts(layout, mapping);
    if (parts.empty() && (!mapping.writable || !mapping.readable || is_device(mapping)))
      continue;
    const std::size_t bytes = mapping.end - mapping.begin;
    if (bytes <= most_copied)
      parts = {{mapping.begin, mapping.end}};
    std::size_t copied = 0;
    for (const memory_extent &part : parts)
      copied += part.end - part.begin;
    if (copied > most_copied && copied > available_memory() / 2)
      return status::unsupported(
          fmt::format("an argument leads to {:.1f} GiB of memory that is shared with other "
                      "processes, more than "
                      "there is for a copy: say how far it reaches (tl::inout<T>, std::span<T>)",
                      static_cast<double>(copied) / (1 << 30)));
    if (bytes > most_copied)
      ::mprotect(reinterpret_cast<void *>(mapping.begin), bytes, PROT_READ);
    for (const memory_extent &part : parts)
      if (!copy_in_place(part.begin, part.end))
        return status::io_error(fmt::format(
            "cannot copy memory that is shared with other processes: {}", error_text(errno)));
  }
  return status::ok();
}

} // namespace tl::rt
