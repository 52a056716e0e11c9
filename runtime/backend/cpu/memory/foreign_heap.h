// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blocks of allocators other than glibc's (jemalloc, tcmalloc, mimalloc, TBB's), preloaded or
// linked. Nothing is known of how they keep their data: only what they tell when asked.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_FOREIGN_HEAP_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_FOREIGN_HEAP_H

#include "runtime/backend/cpu/memory/memory_extent.h"

#include <cstddef>
#include <cstdint>

namespace tl::rt {

/// Whether an allocator that is not glibc's may hand out blocks from a mapping.
bool may_hold_foreign_blocks(const memory_mapping &mapping);

/// Usable bytes of the block that begins at `address`; 0 where that is no beginning of a block, or
/// not known. Asked in a child of the worker, since an allocator may end a process that asks about
/// something else; outside of workers always 0.
std::size_t foreign_block_bytes(std::uintptr_t address);

} // namespace tl::rt

#endif
