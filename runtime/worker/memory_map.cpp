// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/memory_map.h"

#include "runtime/worker/heap_block.h"
#include "runtime/worker/image_symbol.h"
#include "runtime/worker/sanitizer.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <link.h>
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

calling_thread calling_thread::here(const void *frame) {
  return {reinterpret_cast<std::uintptr_t>(frame),
          reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer())};
}

/// How far the thread-local variables that the program started with reach before a thread's
/// pointer: as far in every thread. Those of libraries that were opened later may lie elsewhere.
static std::uintptr_t thread_local_bytes() {
  constexpr std::uintptr_t most = std::uintptr_t(1) << 20;
  std::uintptr_t reach = 0;
  ::dl_iterate_phdr(
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
  }
  constexpr std::uintptr_t control_bytes = 0x900; // of glibc's struct pthread, about
  const std::uintptr_t variables = thread_local_bytes();
  for (const std::uintptr_t pointer : {caller.pointer, calling_thread::here(nullptr).pointer}) {
    map.cut(pointer - variables);
    map.cut(pointer);
    map.cut(pointer + control_bytes);
  }
  return map;
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
  if (mapping->name == "[heap]" || is_heap_memory(address, *mapping))
    return memory_place::heap;
  // Not by the mapping's name: mapped data has one too, and zero-initialised variables have none.
  if (find_image_symbol(address))
    return memory_place::image;
  return memory_place::anonymous;
}

memory_extent memory_map::extent(std::uintptr_t address) const {
  const memory_mapping *mapping = find(address);
  if (!mapping)
    return {};
  if (const memory_extent object = sanitizer_extent(address); object.end != 0)
    return object;
  switch (const memory_place where = place(address)) {
  case memory_place::stack: {
    // Nothing tells one variable of the stack from the next; what lies above are the callers'
    // frames.
    constexpr std::uintptr_t reach = std::uintptr_t(1) << 20;
    return {std::max(mapping->begin, std::min(frame_, address)),
            std::min(mapping->end, address + reach), where};
  }
  case memory_place::heap:
    if (const memory_extent block = heap_block(address, *mapping); block.end != 0)
      return block;
    return {mapping->begin, mapping->end, memory_place::heap};
  case memory_place::image:
    if (const auto symbol = find_image_symbol(address); symbol && symbol->end > symbol->begin)
      return *symbol;
    return {mapping->begin, mapping->end, memory_place::image};
  default:
    if (const memory_extent block = heap_block(address, *mapping); block.end != 0)
      return block;
    return {mapping->begin, mapping->end, where};
  }
}

} // namespace tl::rt
