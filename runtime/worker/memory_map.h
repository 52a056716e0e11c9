// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mappings of this process, and how far the object behind a raw pointer reaches.

#ifndef TL_RUNTIME_WORKER_MEMORY_MAP_H
#define TL_RUNTIME_WORKER_MEMORY_MAP_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
  unknown,
};

struct memory_extent {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  memory_place place = memory_place::unknown;
};

/// A picture of the process's mappings at one moment. Immutable; safe to read from any thread.
class memory_map {
public:
  /// Reads /proc/self/maps. `frame` is an address in the calling thread's stack: objects of its
  /// callers lie above it. Empty where /proc cannot be read.
  static memory_map read(std::uintptr_t frame);

  const memory_mapping *find(std::uintptr_t address) const;

  /// The smallest object around `address` that can be told: a block of the heap, a variable with a
  /// symbol, the caller's part of its stack, otherwise the whole mapping. Empty when nothing is
  /// mapped.
  memory_extent extent(std::uintptr_t address) const;

  /// Where an object of known extent lies.
  memory_place place(std::uintptr_t address) const;

private:
  std::vector<memory_mapping> mappings_; ///< sorted, disjoint
  std::uintptr_t frame_ = 0;
};

} // namespace tl::rt

#endif
