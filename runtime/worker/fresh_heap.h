// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether a thread's allocations come from memory that the process had before: glibc gives a new
// thread the heap of one that has ended, or that a fork has left behind, and with it blocks among
// the program's own.

#ifndef TL_RUNTIME_WORKER_FRESH_HEAP_H
#define TL_RUNTIME_WORKER_FRESH_HEAP_H

#include <cstddef>
#include <span>

namespace tl::rt {

/// How many heaps of threads the worker seems to have been born with: glibc hands those to new
/// threads first.
int count_inherited_heaps() noexcept;

/// Whether the calling thread's allocations come from memory that was not mapped when the worker
/// was born.
bool has_fresh_heap() noexcept;

/// Where the C library keeps the addresses of the calling thread's thread-local variables (glibc's
/// dynamic thread vector). It changes when the thread first uses a variable of a library that was
/// opened with dlopen(), whatever the thread does. Empty where it is not known.
std::span<const std::byte> thread_vector() noexcept;

/// Whether that is memory that was not mapped when the worker was born, or not known.
bool has_fresh_thread_vector() noexcept;

} // namespace tl::rt

#endif
