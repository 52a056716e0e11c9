// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/private_memory.h"

#include <cerrno>
#include <cstring>
#include <set>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {

static bool copy_in_place(std::uintptr_t begin, std::uintptr_t end) {
  const std::size_t bytes = end - begin;
  void *copy = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (copy == MAP_FAILED)
    return false;
  std::memcpy(copy, reinterpret_cast<const void *>(begin), bytes);
  return ::mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                  reinterpret_cast<void *>(begin)) != MAP_FAILED;
}

status make_private(const memory_layout &layout, const memory_map &map) {
  std::set<std::uintptr_t> done;
  for (const memory_region &region : layout.regions) {
    for (std::uintptr_t at = region.begin; at < region.end;) {
      const memory_mapping *mapping = map.find(at);
      if (!mapping)
        break;
      // The whole mapping: a variant that strays stays in the copy.
      if (mapping->shared && done.insert(mapping->begin).second &&
          !copy_in_place(mapping->begin, mapping->end))
        return status::io_error(
            "cannot copy memory that an argument shares with other processes: " +
            std::string(std::strerror(errno)));
      at = mapping->end;
    }
  }
  return status::ok();
}

} // namespace tl::rt
