// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/memory_map.h"

#include "runtime/backend/cpu/memory/foreign_heap.h"
#include "runtime/backend/cpu/memory/heap_block.h"
#include "runtime/backend/cpu/memory/image_symbol.h"
#include "runtime/backend/cpu/memory/own_variables.h"
#include "runtime/support/allocator.h"
#include "runtime/support/sanitizer.h"
#include "runtime/worker/birth_map.h"
#include "runtime/worker/loaded_images.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

namespace tl::rt {

static std::string read_maps() {
  std::string text;
  const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return text;
  text.reserve(1 << 16);
  char chunk[4096];
  for (ssize_t got; (got = ::read(file, chunk, sizeof chunk)) > 0;)
    text.append(chunk, static_cast<std::size_t>(got));
  ::close(file);
  return text;
}

/// Whether the mapping is of a file that may be shorter than it.
static bool may_be_longer_than_file(const memory_mapping &mapping) {
  const auto begins = [&](const char *with) { return mapping.name.rfind(with, 0) == 0; };
  return mapping.readable && begins("/") && (!begins("/dev/") || begins("/dev/shm/"));
}

/// Where the pages of a mapping end that are there. What lies behind the end of the file is mapped
/// like the rest, and touching it is a bus error; it may be a million times as long.
static std::uintptr_t readable_end(int memory, const memory_mapping &mapping) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto readable = [memory](std::uintptr_t at) {
    char byte;
    return ::pread(memory, &byte, 1, static_cast<off_t>(at)) == 1;
  };
  if (readable(mapping.end - page) || !readable(mapping.begin))
    return mapping.end; // all of it, or for another reason
  std::uintptr_t good = mapping.begin, bad = mapping.end - page;
  while (bad - good > page) {
    const std::uintptr_t middle = good + (bad - good) / page / 2 * page;
    (readable(middle) ? good : bad) = middle;
  }
  return bad;
}

calling_thread calling_thread::here(const void *frame) {
  return {reinterpret_cast<std::uintptr_t>(frame),
          reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer())};
}

/// How far the thread-local variables that the program started with reach before a thread's
/// pointer: as far in every thread. Those of libraries that were opened later may lie elsewhere.
static std::uintptr_t thread_local_bytes() {
  constexpr std::uintptr_t most = std::uintptr_t(1) << 20;
  std::uintptr_t reach = 0;
  for_each_image(
      [](dl_phdr_info *image, std::size_t, void *to) {
        auto &bytes = *static_cast<std::uintptr_t *>(to);
        const auto data = reinterpret_cast<std::uintptr_t>(image->dlpi_tls_data);
        const auto pointer = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
        if (data != 0 && data < pointer && pointer - data < most)
          bytes = std::max(bytes, pointer - data);
        return 0;
      },
      &reach);
  return reach;
}

// glibc tells where it is. Looked up once, in the program: in a worker the loader may be locked for
// ever.
kernel_record kernel_record::of_threads() {
  static const kernel_record known = [] {
    constexpr std::ptrdiff_t least = 0x20; // however little of it the kernel uses
    const auto *const offset =
        static_cast<const std::ptrdiff_t *>(::dlsym(RTLD_DEFAULT, "__rseq_offset"));
    const auto *const size = static_cast<const unsigned *>(::dlsym(RTLD_DEFAULT, "__rseq_size"));
    if (!offset || !size)
      return kernel_record{};
    return kernel_record{*offset, *offset + std::max(least, static_cast<std::ptrdiff_t>(*size))};
  }();
  return known;
}

std::uintptr_t control_block_bytes() {
  constexpr std::ptrdiff_t without_rseq = 0x900;
  return static_cast<std::uintptr_t>(std::max(without_rseq, kernel_record::of_threads().end));
}

/// Makes an address the beginning of a mapping.
void memory_map::cut(std::uintptr_t at) {
  const auto after =
      std::upper_bound(mappings_.begin(), mappings_.end(), at,
                       [](std::uintptr_t a, const memory_mapping &m) { return a < m.begin; });
  if (after == mappings_.begin())
    return;
  const auto whole = std::prev(after);
  if (at <= whole->begin || at >= whole->end)
    return;
  memory_mapping rest = *whole;
  rest.begin = at;
  whole->end = at;
  mappings_.insert(after, std::move(rest));
}

memory_map memory_map::read(calling_thread caller) {
  memory_map map;
  map.frame_ = caller.frame;
  const std::string text = read_maps();
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, newline - at);
    at = newline + 1;
    unsigned long begin = 0, end = 0;
    char permissions[5] = "";
    int name = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %n", &begin, &end, permissions, &name) <
        3)
      continue;
    map.mappings_.push_back(
        {begin, end, permissions[0] == 'r', permissions[1] == 'w', permissions[3] == 's',
         name > 0 ? line.substr(static_cast<std::size_t>(name)) : std::string()});
    memory_mapping &made = map.mappings_.back();
    if (memory >= 0 && may_be_longer_than_file(made))
      made.end = readable_end(memory, made);
  }
  if (memory >= 0)
    ::close(memory);
  const std::uintptr_t control_bytes = control_block_bytes();
  const kernel_record record = kernel_record::of_threads();
  const std::uintptr_t variables = thread_local_bytes();
  for (const std::uintptr_t pointer : {caller.pointer, calling_thread::here(nullptr).pointer}) {
    map.cut(pointer - variables);
    map.cut(pointer);
    if (record.begin < 0) {
      map.cut(pointer - static_cast<std::uintptr_t>(-record.begin));
      map.cut(pointer - static_cast<std::uintptr_t>(-record.end));
    }
    map.cut(pointer + control_bytes);
  }
  return map;
}

memory_map memory_map::at_birth() {
  memory_map map;
  for (const birth_mapping &it : birth_map())
    map.mappings_.push_back({it.begin, it.end, true, true, false, {}});
  return map;
}

void memory_map::keep_only(const memory_map &also) {
  std::vector<memory_mapping> kept;
  for (const memory_mapping &mapping : mappings_)
    for (std::uintptr_t at = mapping.begin; at < mapping.end;) {
      const auto other =
          std::upper_bound(also.mappings_.begin(), also.mappings_.end(), at,
                           [](std::uintptr_t a, const memory_mapping &m) { return a < m.end; });
      if (other == also.mappings_.end() || other->begin >= mapping.end)
        break;
      at = std::max(at, other->begin);
      const std::uintptr_t end = std::min(mapping.end, other->end);
      if (mapping.readable && !other->readable) { // something else has taken its place
        at = end;
        continue;
      }
      // Pieces that were one stay one, if there is no gap.
      if (!kept.empty() && kept.back().end == at && at > mapping.begin) {
        kept.back().end = end;
      } else {
        kept.push_back(mapping);
        kept.back().begin = at;
        kept.back().end = end;
      }
      at = end;
    }
  mappings_ = std::move(kept);
}

const memory_mapping *memory_map::find(std::uintptr_t address) const {
  const auto after =
      std::upper_bound(mappings_.begin(), mappings_.end(), address,
                       [](std::uintptr_t a, const memory_mapping &m) { return a < m.begin; });
  if (after == mappings_.begin())
    return nullptr;
  const memory_mapping &mapping = *std::prev(after);
  return address < mapping.end ? &mapping : nullptr;
}

bool memory_map::any_named(std::string_view part) const {
  return std::any_of(mappings_.begin(), mappings_.end(), [part](const memory_mapping &it) {
    return it.name.find(part) != std::string::npos;
  });
}

static memory_extent sanitizer_extent(std::uintptr_t address) {
  const sanitizer_object found = find_sanitizer_object(reinterpret_cast<const void *>(address));
  if (found.kind == 0)
    return {};
  const auto begin = reinterpret_cast<std::uintptr_t>(found.begin);
  const memory_place place = found.kind == 'h'   ? memory_place::heap
                             : found.kind == 's' ? memory_place::stack
                                                 : memory_place::image;
  return {begin, begin + found.bytes, place};
}

memory_place memory_map::place(std::uintptr_t address) const {
  const memory_mapping *mapping = find(address);
  if (!mapping)
    return memory_place::unknown;
  if (const memory_extent object = sanitizer_extent(address); object.end != 0)
    return object.place;
  if (frame_ >= mapping->begin && frame_ < mapping->end)
    return memory_place::stack;
  const bool foreign = has_foreign_allocator() && may_hold_foreign_blocks(*mapping);
  if (!foreign && (mapping->name == "[heap]" || is_heap_memory(address, *mapping)))
    return memory_place::heap;
  // Not by the mapping's name: mapped data has one too, and zero-initialised variables have none.
  if (find_image_symbol(address))
    return memory_place::image;
  return foreign ? memory_place::foreign : memory_place::anonymous;
}

memory_extent memory_map::extent(std::uintptr_t address) const {
  const memory_mapping *mapping = find(address);
  if (!mapping)
    return {};
  if (const memory_extent object = sanitizer_extent(address); object.end != 0)
    return object;
  switch (const memory_place where = place(address)) {
  case memory_place::stack:
    // Nothing tells one variable of the stack from the next; what lies above are the callers'
    // frames.
    return {std::max(mapping->begin, std::min(frame_, address)), mapping->end, where};
  case memory_place::heap:
    if (const memory_extent block = heap_block(address, *mapping); block.end != 0)
      return block;
    return {mapping->begin, mapping->end, memory_place::heap};
  case memory_place::image:
    if (const auto found = find_image_object(address)) {
      if (found->extent.end > found->extent.begin)
        return found->extent;
      return without_own_variables({mapping->begin, mapping->end, where}, address, found->base);
    }
    return {mapping->begin, mapping->end, where};
  case memory_place::foreign:
    if (const std::size_t bytes = foreign_block_bytes(address))
      return {address, address + bytes, where};
    return {};
  default:
    if (const memory_extent block = heap_block(address, *mapping); block.end != 0)
      return block;
    return {mapping->begin, mapping->end, where};
  }
}

} // namespace tl::rt
