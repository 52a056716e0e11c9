// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/reachability.h"

#include "runtime/backend/cpu/memory/heap_block.h"
#include "runtime/worker/loaded_images.h"

#include <algorithm>
#include <cstring>
#include <link.h>
#include <string_view>

namespace tl::rt {

static constexpr std::uintptr_t word = sizeof(std::uint64_t);
static constexpr std::uintptr_t page = 4096;

static std::uintptr_t word_at(std::uintptr_t address) {
  std::uintptr_t value;
  std::memcpy(&value, reinterpret_cast<const void *>(address), sizeof value);
  return value;
}

static bool holds(const byte_range &range, std::uintptr_t address) {
  return address >= range.begin && address < range.end;
}

bool leads_to(const memory_map &map, const byte_range &from, const byte_range &to, bool twice) {
  constexpr std::uintptr_t near = std::uintptr_t(64) << 10, least = 0x10000;
  const std::uintptr_t first = (from.begin + word - 1) / word * word;
  for (std::uintptr_t at = first; at + word <= from.end; at += word)
    if (holds(to, word_at(at)))
      return true;
  for (std::uintptr_t at = first; twice && at + word <= from.end; at += word) {
    const std::uintptr_t second = word_at(at) / word * word;
    const memory_mapping *mapping = second >= least ? map.find(second) : nullptr;
    if (!mapping || !mapping->readable)
      continue;
    const std::uintptr_t end = std::min(second + near, mapping->end);
    for (std::uintptr_t there = second; there + word <= end; there += word)
      if (holds(to, word_at(there)))
        return true;
  }
  return false;
}

bool leads_to_any(const std::vector<byte_range> &from, const byte_range &to) {
  for (const byte_range &range : from)
    for (std::uintptr_t at = (range.begin + word - 1) / word * word; at + word <= range.end;
         at += word)
      if (holds(to, word_at(at)))
        return true;
  return false;
}

namespace {

struct search {
  const byte_range &to;
  const std::vector<byte_range> &ignored;
  const std::function<bool(std::uintptr_t)> &visit;
};

} // namespace

/// Calls visit(begin, end) for the writable segments of an image until it returns false.
template <class Visit> static bool for_each_segment(const dl_phdr_info &info, Visit visit) {
  std::uintptr_t read_only = 0, read_only_end = 0;
  for (int i = 0; i < info.dlpi_phnum; ++i)
    if (info.dlpi_phdr[i].p_type == PT_GNU_RELRO) {
      read_only = info.dlpi_addr + info.dlpi_phdr[i].p_vaddr;
      read_only_end = read_only + info.dlpi_phdr[i].p_memsz;
    }
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info.dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0)
      continue;
    std::uintptr_t begin = info.dlpi_addr + segment.p_vaddr;
    const std::uintptr_t end = begin + segment.p_memsz;
    if (begin >= read_only && begin < read_only_end)
      begin = read_only_end;
    if (begin < end && !visit(begin, end))
      return false;
  }
  return true;
}

static int search_image(dl_phdr_info *info, std::size_t, void *data) {
  const search &looking = *static_cast<const search *>(data);
  const bool on = for_each_segment(*info, [&](std::uintptr_t begin, std::uintptr_t end) {
    const auto skipped =
        std::lower_bound(looking.ignored.begin(), looking.ignored.end(), begin,
                         [](const byte_range &a, std::uintptr_t b) { return a.end <= b; });
    if (skipped != looking.ignored.end() && skipped->begin <= begin && skipped->end >= end)
      return true;
    for (std::uintptr_t at = (begin + word - 1) / word * word; at + word <= end; at += word)
      if (holds(looking.to, word_at(at)) && !looking.visit(at))
        return false;
    return true;
  });
  return on ? 0 : 1;
}

void for_each_variable_pointing_to(const byte_range &to, const std::vector<byte_range> &ignored,
                                   const std::function<bool(std::uintptr_t)> &visit) {
  search looking{to, ignored, visit};
  for_each_image(search_image, &looking);
}

std::uintptr_t thread_block_in(const memory_mapping &mapping) {
  constexpr std::uintptr_t looked_at = std::uintptr_t(64) << 10, aligned = 64, self = 0x10;
  if (!mapping.name.empty() || !mapping.readable || mapping.end - mapping.begin < page)
    return 0;
  const std::uintptr_t first =
      std::max(mapping.begin, mapping.end - std::min(looked_at, mapping.end));
  for (std::uintptr_t at = mapping.end - page / 4; at >= first && at >= aligned; at -= aligned)
    if (word_at(at) == at && word_at(at + self) == at)
      return at;
  return 0;
}

static bool is_toolchain(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (const std::string_view known :
       {"ld-",        "ld.",         "libc.",       "libc-",        "libm.",       "libm-",
        "libpthread", "libdl.",      "librt.",      "libstdc++",    "libc++",      "libgcc_s",
        "libgomp",    "libomp",      "libiomp",     "libtlruntime", "libasan",     "libtsan",
        "libubsan",   "libclang_rt", "libjemalloc", "libtcmalloc",  "libmimalloc", "libtbbmalloc",
        "libsqlite3", "libfmt",      "libspdlog",   "libcuda",      "libamdhip",   "libhsa"})
    if (name.substr(0, known.size()) == known)
      return true;
  return false;
}

/// The addresses of functions that the loader fills in when they are first called.
static void add_lazy_addresses(const dl_phdr_info &info, std::vector<byte_range> &to) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    if (info.dlpi_phdr[i].p_type != PT_DYNAMIC)
      continue;
    std::uintptr_t table = 0, bytes = 0;
    for (auto *entry =
             reinterpret_cast<const ElfW(Dyn) *>(info.dlpi_addr + info.dlpi_phdr[i].p_vaddr);
         entry->d_tag != DT_NULL; ++entry) {
      table = entry->d_tag == DT_PLTGOT ? entry->d_un.d_ptr : table;
      bytes = entry->d_tag == DT_PLTRELSZ ? entry->d_un.d_val : bytes;
    }
    constexpr std::uintptr_t own_words = 3; // of the loader, before those of the functions
    if (table != 0)
      to.push_back({table, table + (own_words + bytes / sizeof(ElfW(Rela))) * word});
  }
}

std::vector<byte_range> variables_of_toolchain() {
  std::vector<byte_range> found;
  for_each_image(
      [](dl_phdr_info *info, std::size_t, void *to) {
        auto &ranges = *static_cast<std::vector<byte_range> *>(to);
        if (info->dlpi_name && is_toolchain(info->dlpi_name))
          for_each_segment(*info, [&](std::uintptr_t begin, std::uintptr_t end) {
            // With what is left of the last page: nothing of anybody else is there.
            ranges.push_back({begin / page * page, (end + page - 1) / page * page});
            return true;
          });
        else
          add_lazy_addresses(*info, ranges);
        return 0;
      },
      &found);
  std::sort(found.begin(), found.end(),
            [](const byte_range &a, const byte_range &b) { return a.begin < b.begin; });
  return found;
}

/// The bytes of a `struct link_map` of glibc, or as many as all of its versions have.
static std::uintptr_t bytes_of_record(std::uintptr_t at, const memory_map &map) {
  constexpr std::uintptr_t least = 1152, most = std::uintptr_t(64) << 10;
  const memory_mapping *const heap = map.find(at);
  if (!heap || (heap->name != "[heap]" && !is_heap_memory(at, *heap)))
    return least;
  const std::uintptr_t block = (word_at(at - word) & ~std::uintptr_t(7)) - word;
  return block >= least && block <= most ? block : least;
}

std::vector<byte_range> records_of_loader(const memory_map &map) {
  struct list {
    const memory_map &map;
    std::vector<byte_range> found;
  } made{map, {}};
  ::dl_iterate_phdr(
      [](dl_phdr_info *, std::size_t, void *to) { // which keeps the loader's lock
        auto &all = *static_cast<list *>(to);
        for (const link_map *it = _r_debug.r_map; it; it = it->l_next) {
          const auto at = reinterpret_cast<std::uintptr_t>(it);
          all.found.push_back({at, at + bytes_of_record(at, all.map)});
        }
        return 1;
      },
      &made);
  return made.found;
}

} // namespace tl::rt
