// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the malloc block around an address, so that a raw pointer's reach is known.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_HEAP_BLOCK_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_HEAP_BLOCK_H

#include "runtime/backend/cpu/memory/memory_extent.h"

#include <functional>

namespace tl::rt {

/// Whether `address` lies in memory that glibc's malloc hands out blocks
/// from.
bool is_heap_memory(std::uintptr_t address, const memory_mapping &mapping);

/// The usable bytes of the block around `address`; none, from `address` on, where it lies between
/// blocks (one past the end of a buffer); empty when the memory does not look as malloc leaves it.
/// Reads glibc's block headers (malloc/malloc.c, "struct malloc_chunk": two words before the user's
/// memory, size in the second one with three flag bits) and is only called where no other thread
/// changes them. A header is believed only where the blocks before it lead to it, from the
/// beginning of the heap on: what a program keeps in a block may look like one.
memory_extent heap_block(std::uintptr_t address, const memory_mapping &mapping);

/// A word of memory, perhaps as it was at another time.
using word_reader = std::function<std::uintptr_t(std::uintptr_t address)>;

/// A block of a heap: its usable bytes, and whether the program has it.
struct heap_chunk {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool in_use = false;
};

/// Calls visit(chunk) for all blocks of the heap (the main one or a thread's) that `address` lies
/// in, in order, until visit() returns false. False: it does not look as malloc leaves it. A block
/// that a thread has freed and keeps for itself counts as in use here.
bool for_each_heap_chunk(std::uintptr_t address, const memory_mapping &mapping,
                         const word_reader &word,
                         const std::function<bool(const heap_chunk &)> &visit);

/// What malloc notes in the second word of a block that a thread has freed and keeps for itself; 0:
/// not known.
std::uintptr_t mark_of_freed_block();

/// Takes all blocks that this thread keeps for itself after freeing them, and calls note(block) for
/// each, before anything else is allocated. Those that note() wants (true) are never given back.
void take_kept_blocks(const std::function<bool(std::uintptr_t)> &note);

/// Whether a block's first word is what malloc links free blocks of small sizes by.
bool is_linked_as_free(std::uintptr_t block, const memory_mapping &heap);

} // namespace tl::rt

#endif
