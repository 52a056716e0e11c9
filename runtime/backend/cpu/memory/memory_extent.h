// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A mapping of this process, and the part of one that an object covers.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_MEMORY_EXTENT_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_MEMORY_EXTENT_H

#include <cstdint>
#include <string>

namespace tl::rt {

struct memory_mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  bool readable = false;
  bool writable = false;
  bool shared = false;
  std::string name; ///< file, "[heap]", "[stack]", "" for anonymous memory
};

/// What kind of place an object lies in: decides what else may lie beside it.
enum class memory_place : std::uint8_t {
  heap,      ///< a block from malloc: allocator's data and other blocks beside it
  stack,     ///< the calling thread's stack
  image,     ///< a variable of a program or library: unrelated variables beside it
  anonymous, ///< memory mapped for itself
  foreign,   ///< a block of an allocator that we know nothing of, or memory that may be one
  unknown,
};

struct memory_extent {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  memory_place place = memory_place::unknown;
};

} // namespace tl::rt

#endif
