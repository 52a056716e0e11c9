// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/mapping_traits.h"

#include "runtime/support/small_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {

/// Whether the line begins a mapping ("7f01-7f02 rw-p ..."), whose beginning is put into `begin`.
static bool begins_mapping(std::string_view line, std::uintptr_t &begin) {
  const std::size_t dash = line.find('-');
  if (dash == std::string_view::npos)
    return false;
  std::uintptr_t number = 0;
  if (std::from_chars(line.data(), line.data() + dash, number, 16).ptr != line.data() + dash)
    return false;
  begin = number;
  return true;
}

std::vector<unusual_mapping> unusual_mappings() {
  const std::string text = read_small_file("/proc/self/smaps");
  const long page_kib = ::sysconf(_SC_PAGESIZE) / 1024;
  constexpr std::string_view page_size = "KernelPageSize:", flags = "VmFlags:";
  std::vector<unusual_mapping> all;
  unusual_mapping here;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, newline - at);
    at = newline + 1;
    if (begins_mapping(line, here.begin))
      here.wiped = here.huge = false;
    else if (line.starts_with(page_size))
      here.huge = std::atol(line.data() + page_size.size()) > page_kib;
    else if (line.starts_with(flags)) { // the last one of a mapping
      here.wiped = line.find(" wf") != std::string_view::npos;
      if (here.wiped || here.huge)
        all.push_back(here);
    }
  }
  return all;
}

static status replace(const memory_mapping &mapping) {
  const std::size_t bytes = mapping.end - mapping.begin;
  void *const at = reinterpret_cast<void *>(mapping.begin);
  void *const copy =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (copy == MAP_FAILED)
    return status::io_error(std::string("no memory in place of huge pages: ") + error_text(errno));
  std::memcpy(copy, at, bytes);
  if (::mremap(copy, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED)
    return status::io_error(std::string("cannot replace huge pages: ") + error_text(errno));
  if (!mapping.writable)
    ::mprotect(at, bytes, PROT_READ);
  return status::ok();
}

status replace_huge_pages(const memory_map &map) {
  // They are of a file, which is named after them by the kernel or by who mounted it.
  if (!map.any_named("huge"))
    return status::ok();
  for (const unusual_mapping &it : unusual_mappings()) {
    const memory_mapping *mapping = it.huge ? map.find(it.begin) : nullptr;
    if (mapping && mapping->readable)
      if (status done = replace(*mapping); !done)
        return done;
  }
  return status::ok();
}

} // namespace tl::rt
