// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which memory leads to which, as far as a look at its words tells.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_REACHABILITY_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_REACHABILITY_H

#include "runtime/backend/cpu/memory/changed_memory.h"

#include <functional>
#include <vector>

namespace tl::rt {

/// Whether a word in `from` is an address in `to`, or (`twice`) leads to memory with such a word
/// near its beginning.
bool leads_to(const memory_map &map, const byte_range &from, const byte_range &to, bool twice);

/// Whether a word in one of these ranges is an address in `to`.
bool leads_to_any(const std::vector<byte_range> &from, const byte_range &to);

/// Calls visit(address) for each word in the variables of program and libraries, but for `ignored`
/// (sorted, disjoint), that is an address in `to`, until it returns false.
void for_each_variable_pointing_to(const byte_range &to, const std::vector<byte_range> &ignored,
                                   const std::function<bool(std::uintptr_t)> &visit);

/// The control block of the thread (of glibc) whose stack a mapping is, 0: it is none, or not seen.
std::uintptr_t thread_block_in(const memory_mapping &mapping);

/// Where code that belongs to the toolchain, to allocators and to this runtime keeps its variables,
/// and where the loader notes the functions of each image that have been called. Sorted.
std::vector<byte_range> variables_of_toolchain();

/// What the loader remembers of each image, in memory that it allocates among the program's own: it
/// notes there, for example, that a library's thread-local variables were used.
std::vector<byte_range> records_of_loader(const memory_map &map);

} // namespace tl::rt

#endif
