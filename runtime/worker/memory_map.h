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

/// Where the thread that made the call has its things, also seen from another thread or a forked
/// child.
struct calling_thread {
  std::uintptr_t frame;   ///< in its stack: objects of its callers lie above
  std::uintptr_t pointer; ///< of its control block, thread-local variables before it

  /// The thread that runs this, with a frame of its own.
  static calling_thread here(const void *frame);
};

/// A picture of the process's mappings at one moment. Immutable; safe to read from any thread.
class memory_map {
public:
  /// Reads /proc/self/maps. Empty where /proc cannot be read. What libc and the kernel keep of the
  /// caller and of the thread that runs this is a mapping of its own here, and so are their
  /// thread-local variables: neither must ever be taken for the neighbourhood of a buffer, since
  /// the kernel notes there at any moment on which CPU the thread runs (rseq), and kills a process
  /// in which it cannot.
  static memory_map read(calling_thread caller);

  const memory_mapping *find(std::uintptr_t address) const;

  /// The smallest object around `address` that can be told: a block of the heap, a variable with a
  /// symbol, the caller's part of its stack, otherwise the whole mapping. Empty when nothing is
  /// mapped.
  memory_extent extent(std::uintptr_t address) const;

  /// Where an object of known extent lies.
  memory_place place(std::uintptr_t address) const;

private:
  void cut(std::uintptr_t at);

  std::vector<memory_mapping> mappings_; ///< sorted, disjoint
  std::uintptr_t frame_ = 0;
};

} // namespace tl::rt

#endif
