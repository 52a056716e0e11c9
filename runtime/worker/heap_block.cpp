// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/heap_block.h"

#include <cstring>

namespace tl::rt {

static constexpr std::uintptr_t in_use_before = 1; ///< flag: the block before this one is in use
static constexpr std::uintptr_t own_mapping = 2;   ///< flag: the block is a mapping of its own
static constexpr std::uintptr_t other_arena = 4;   ///< flag: not from the main arena
static constexpr std::uintptr_t flags = 7;
static constexpr std::uintptr_t header = 16;
static constexpr std::uintptr_t least_block = 32;

static std::uintptr_t word_at(std::uintptr_t address) {
  std::uintptr_t value;
  std::memcpy(&value, reinterpret_cast<const void *>(address), sizeof value);
  return value;
}

// From the start of the main heap, block by block, until the one around `address`.
static memory_extent walk(std::uintptr_t address, const memory_mapping &heap) {
  constexpr int most = 4 << 20;
  std::uintptr_t block = heap.begin;
  for (int i = 0; i < most && block + header <= heap.end; ++i) {
    const std::uintptr_t size = word_at(block + 8) & ~flags;
    if (size < least_block || size % 16 != 0 || size > heap.end - block)
      return {};
    // The user's memory ends with the first word of the next header.
    if (address < block + size + 8)
      return address >= block + header
                 ? memory_extent{block + header, block + size + 8, memory_place::heap}
                 : memory_extent{};
    block += size;
  }
  return {};
}

// For a pointer to the first byte of a block that is a mapping of its own.
static memory_extent mapped_block(std::uintptr_t address, const memory_mapping &mapping) {
  if (address % 16 != 0 || address < mapping.begin + header)
    return {};
  const std::uintptr_t size_word = word_at(address - 8), before = word_at(address - 16);
  const std::uintptr_t size = size_word & ~flags, begin = address - header;
  if ((size_word & flags) != own_mapping || (begin - before) % 4096 != 0 ||
      (before + size) % 4096 != 0 || size < least_block || size > mapping.end - begin ||
      before > begin - mapping.begin)
    return {};
  return {address, begin + size, memory_place::anonymous};
}

// For a pointer to the first byte of a block of another thread's arena.
static memory_extent arena_block(std::uintptr_t address, const memory_mapping &mapping) {
  if (address % 16 != 0 || address < mapping.begin + header)
    return {};
  const std::uintptr_t size_word = word_at(address - 8);
  const std::uintptr_t size = size_word & ~flags, begin = address - header;
  if ((size_word & other_arena) == 0 || (size_word & own_mapping) != 0 || size < least_block ||
      size % 16 != 0 || size > mapping.end - begin - 16)
    return {};
  const std::uintptr_t next = word_at(begin + size + 8);
  if ((next & in_use_before) == 0 || (next & ~flags) < 16)
    return {};
  return {address, begin + size + 8, memory_place::heap};
}

bool is_heap_memory(std::uintptr_t address, const memory_mapping &mapping) {
  // Arenas of other threads begin at multiples of 64 MiB with a pointer into themselves.
  constexpr std::uintptr_t arena_alignment = std::uintptr_t(64) << 20;
  const std::uintptr_t arena = address & ~(arena_alignment - 1);
  if (!mapping.name.empty() || !mapping.readable || arena < mapping.begin)
    return false;
  const std::uintptr_t owner = word_at(arena);
  return owner == arena + 0x20 || owner == arena + 0x30 || owner == arena + 0x40;
}

memory_extent heap_block(std::uintptr_t address, const memory_mapping &mapping) {
  if (!mapping.readable)
    return {};
  if (mapping.name == "[heap]")
    return walk(address, mapping);
  if (const memory_extent block = mapped_block(address, mapping); block.end != 0)
    return block;
  return arena_block(address, mapping);
}

} // namespace tl::rt
