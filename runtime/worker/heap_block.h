// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the malloc block around an address, so that a raw pointer's reach is known.

#ifndef TL_RUNTIME_WORKER_HEAP_BLOCK_H
#define TL_RUNTIME_WORKER_HEAP_BLOCK_H

#include "runtime/worker/memory_map.h"

namespace tl::rt {

/// Whether `address` lies in memory that glibc's malloc hands out blocks
/// from.
bool is_heap_memory(std::uintptr_t address, const memory_mapping &mapping);

/// The usable bytes of the block around `address`; empty when the memory does not look as malloc
/// leaves it. Reads glibc's block headers (malloc/malloc.c, "struct malloc_chunk": two words before
/// the user's memory, size in the second one with three flag bits) and is only called where no
/// other thread changes them.
memory_extent heap_block(std::uintptr_t address, const memory_mapping &mapping);

} // namespace tl::rt

#endif
