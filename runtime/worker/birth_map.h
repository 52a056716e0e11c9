// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a worker had mapped when it was born: all of it is the program's, and nothing else is. What
// is mapped later, at an address that the program gave back meanwhile too, is the worker's own.

#ifndef TL_RUNTIME_WORKER_BIRTH_MAP_H
#define TL_RUNTIME_WORKER_BIRTH_MAP_H

#include <cstddef>
#include <cstdint>
#include <span>

namespace tl::rt {

/// Addresses [begin, end).
struct birth_mapping {
  std::uintptr_t begin, end;
};

/// Notes what is mapped. In a child, before anything is mapped there; allocates nothing.
void note_birth_map() noexcept;

/// What was noted, in the order of addresses. Nothing is known where /proc cannot be read, and of
/// more than 65,536 mappings (the system's usual limit) all addresses behind those count as one.
std::span<const birth_mapping> birth_map() noexcept;

/// Whether this was mapped when the worker was born.
bool mapped_at_birth(std::uintptr_t address) noexcept;

} // namespace tl::rt

#endif
