// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a thread's allocations come from memory that the process had before: glibc gives a new
// thread the heap of one that has ended, or that a fork has left behind, and with it blocks among
// the program's own.

#ifndef TL_RUNTIME_WORKER_FRESH_HEAP_H
#define TL_RUNTIME_WORKER_FRESH_HEAP_H

namespace tl::rt {

/// How many heaps of threads the worker seems to have been born with: glibc hands those to new
/// threads first.
int count_inherited_heaps() noexcept;

/// Whether the calling thread's allocations come from memory that was not mapped when the worker
/// was born.
bool has_fresh_heap() noexcept;

} // namespace tl::rt

#endif
