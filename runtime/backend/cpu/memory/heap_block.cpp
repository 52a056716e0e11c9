// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/heap_block.h"

#include <cstdlib>
#include <cstring>

namespace tl::rt {

static constexpr std::uintptr_t in_use_before = 1; ///< flag: the block before this one is in use
static constexpr std::uintptr_t own_mapping = 2;   ///< flag: the block is a mapping of its own
static constexpr std::uintptr_t flags = 7;
static constexpr std::uintptr_t header = 16;
static constexpr std::uintptr_t least_block = 32;
static constexpr std::uintptr_t page = 4096;
/// Heaps of other threads begin at multiples of this.
static constexpr std::uintptr_t heap_alignment = std::uintptr_t(64) << 20;

static std::uintptr_t word_at(std::uintptr_t address) {
  std::uintptr_t value;
  std::memcpy(&value, reinterpret_cast<const void *>(address), sizeof value);
  return value;
}

namespace {

/// Where the blocks of a heap lie.
struct heap_bounds {
  std::uintptr_t first = 0; ///< header of the first block, 0: not known
  std::uintptr_t end = 0;   ///< where memory of the heap ends
  std::uintptr_t top = 0;   ///< header of what was never handed out, 0: blocks just end
};

} // namespace

// Calls visit(header, size) for each block until it returns false. Whether the blocks lead on to
// the end, or to where visit() was content.
template <class Visit>
static bool walk(const heap_bounds &heap, const word_reader &word, Visit visit) {
  constexpr int most = 64 << 20;
  std::uintptr_t block = heap.first;
  for (int i = 0; i < most && block + header <= heap.end && block != heap.top; ++i) {
    const std::uintptr_t size = word(block + 8) & ~flags;
    // A heap that another one has followed ends with blocks that are too small.
    if (size < least_block && heap.top == 0 && i > 0)
      return true;
    if (size < least_block || size % 16 != 0 || size > heap.end - block)
      return false;
    if (!visit(block, size))
      return true;
    block += size;
  }
  return heap.top == 0 || block == heap.top;
}

static std::uintptr_t round_up(std::uintptr_t value, std::uintptr_t to) {
  return (value + to - 1) / to * to;
}

// A thread's heap begins with where its arena is ("struct heap_info"); in the arena's first heap
// that follows at once ("struct malloc_state"), and then the blocks.
static heap_bounds bounds_of_arena(std::uintptr_t address, const memory_mapping &mapping,
                                   const word_reader &word) {
  const std::uintptr_t base = address & ~(heap_alignment - 1);
  if (!mapping.name.empty() || !mapping.readable || base < mapping.begin ||
      base + page > mapping.end)
    return {};
  const std::uintptr_t owner = word(base), previous = word(base + 8), bytes = word(base + 16);
  if (bytes < page || bytes > heap_alignment || bytes % page != 0 || owner % 16 != 0)
    return {};
  heap_bounds heap;
  heap.end = std::uintptr_t(base + bytes < mapping.end ? base + bytes : mapping.end);
  const std::uintptr_t head = owner & (heap_alignment - 1);
  if (head != 0x20 && head != 0x30 && head != 0x40)
    return {};
  if (owner != base + head) {
    if (previous == 0 || previous % heap_alignment != 0)
      return {};
    heap.first = base + head;
    return heap;
  }
  constexpr std::uintptr_t top_in_arena = 0x60;
  const std::uintptr_t top = word(owner + top_in_arena);
  heap.top = top >= base && top < heap.end ? top : 0;
  // What the arena's own record measures depends on the version: the blocks have to lead to the
  // top.
  for (const std::uintptr_t record : {0x898u, 0x8a0u, 0x890u, 0x888u}) {
    heap.first = round_up(owner + record, 16);
    if (walk(heap, word, [](std::uintptr_t, std::uintptr_t) { return true; }))
      return heap;
  }
  return {};
}

static heap_bounds bounds_of(std::uintptr_t address, const memory_mapping &mapping,
                             const word_reader &word) {
  if (mapping.name == "[heap]")
    return {mapping.begin, mapping.end, 0};
  return bounds_of_arena(address, mapping, word);
}

// Blocks that are mappings of their own, which the kernel has joined to one: each has its header at
// the beginning of a page. The program's own mappings may lie among them.
static memory_extent mapped_block(std::uintptr_t address, const memory_mapping &mapping) {
  for (std::uintptr_t block = mapping.begin; block + page <= mapping.end && block <= address;) {
    const std::uintptr_t size_word = word_at(block + 8), size = size_word & ~flags;
    if (word_at(block) != 0 || (size_word & flags) != own_mapping || size < page ||
        size % page != 0 || size > mapping.end - block)
      break;
    if (address < block + size)
      return address >= block + header
                 ? memory_extent{block + header, block + size, memory_place::anonymous}
                 : memory_extent{address, address, memory_place::anonymous};
    block += size;
  }
  // For a pointer to the first byte, behind such a mapping: only of a size from which on malloc()
  // makes mappings at all.
  constexpr std::uintptr_t least_mapped = std::uintptr_t(128) << 10;
  if (address % page != header || address < mapping.begin + header)
    return {};
  const std::uintptr_t block = address - header, size_word = word_at(block + 8);
  const std::uintptr_t size = size_word & ~flags;
  if (word_at(block) != 0 || (size_word & flags) != own_mapping || size < least_mapped ||
      size % page != 0 || size > mapping.end - block)
    return {};
  return {address, block + size, memory_place::anonymous};
}

bool is_heap_memory(std::uintptr_t address, const memory_mapping &mapping) {
  const std::uintptr_t base = address & ~(heap_alignment - 1);
  if (!mapping.name.empty() || !mapping.readable || base < mapping.begin ||
      base + page > mapping.end)
    return false;
  const std::uintptr_t owner = word_at(base), previous = word_at(base + 8);
  const std::uintptr_t head = owner & (heap_alignment - 1);
  return (head == 0x20 || head == 0x30 || head == 0x40) &&
         (owner == base + head || (previous != 0 && previous % heap_alignment == 0));
}

memory_extent heap_block(std::uintptr_t address, const memory_mapping &mapping) {
  if (!mapping.readable)
    return {};
  if (mapping.name != "[heap]" && !is_heap_memory(address, mapping))
    return mapped_block(address, mapping);
  const word_reader word = word_at;
  const heap_bounds heap = bounds_of(address, mapping, word);
  memory_extent found;
  if (heap.first != 0)
    walk(heap, word, [&](std::uintptr_t block, std::uintptr_t size) {
      // The user's memory ends with the first word of the next header.
      if (address >= block + size + 8)
        return true;
      found = address >= block + header
                  ? memory_extent{block + header, block + size + 8, memory_place::heap}
                  : memory_extent{address, address, memory_place::heap};
      return false;
    });
  return found;
}

bool for_each_heap_chunk(std::uintptr_t address, const memory_mapping &mapping,
                         const word_reader &word,
                         const std::function<bool(const heap_chunk &)> &visit) {
  const heap_bounds heap = bounds_of(address, mapping, word);
  if (heap.first == 0)
    return false;
  return walk(heap, word, [&](std::uintptr_t block, std::uintptr_t size) {
    const bool last = block + size + header > heap.end;
    const bool in_use = !last && (word(block + size + 8) & in_use_before) != 0;
    return visit({block + header, block + size + (in_use ? 8 : 0), in_use});
  });
}

void take_kept_blocks(const std::function<bool(std::uintptr_t)> &note) {
  // malloc.c: TCACHE_MAX_BINS sizes, of each of which a thread keeps a few.
  constexpr std::size_t least = 24, most = 1032, step = 16, each = 7;
  void *others[((most - least) / step + 1) * each];
  std::size_t count = 0;
  for (std::size_t size = least; size <= most; size += step)
    for (std::size_t i = 0; i < each; ++i) {
      void *const block = std::malloc(size);
      if (block && !note(reinterpret_cast<std::uintptr_t>(block)))
        others[count++] = block;
    }
  while (count > 0)
    std::free(others[--count]);
}

bool is_linked_as_free(std::uintptr_t block, const memory_mapping &heap) {
  constexpr std::uintptr_t page_bits = 12;
  const std::uintptr_t next = word_at(block) ^ (block >> page_bits); // "safe linking"
  return next == 0 || (next % 16 == 0 && next >= heap.begin && next < heap.end);
}

std::uintptr_t mark_of_freed_block() {
  // Two blocks that differ in the first word and agree in the second one, once they are freed.
  std::uintptr_t marks[2];
  for (std::uintptr_t &mark : marks) {
    auto *block = static_cast<volatile std::uintptr_t *>(std::malloc(3 * sizeof(std::uintptr_t)));
    if (!block)
      return 0;
    block[1] = 0;
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    std::free(const_cast<std::uintptr_t *>(block));
    // Through a number: the compiler must not know that this is memory after its end.
    std::uintptr_t hidden = address;
    __asm__ volatile("" : "+r"(hidden) : : "memory");
    mark = word_at(hidden + sizeof(std::uintptr_t));
  }
  return marks[0] == marks[1] ? marks[0] : 0;
}

} // namespace tl::rt
