// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mappings of this process, and how far the object behind a raw pointer reaches.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_MEMORY_MAP_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_MEMORY_MAP_H

#include "runtime/backend/cpu/memory/memory_extent.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// Where the thread that made the call has its things, also seen from another thread or a forked
/// child.
struct calling_thread {
  std::uintptr_t frame;   ///< in its stack: objects of its callers lie above
  std::uintptr_t pointer; ///< of its control block, thread-local variables before it

  /// The thread that runs this, with a frame of its own.
  static calling_thread here(const void *frame);
};

/// Where the kernel keeps its record of a thread (rseq), relative to the thread's pointer [bytes]:
/// behind it at the end of glibc's block, since glibc 2.41 before it among the thread-local
/// variables. Empty where libc registers none.
struct kernel_record {
  std::ptrdiff_t begin = 0, end = 0;

  static kernel_record of_threads();
};

/// How far what libc keeps of a thread reaches from its pointer on (glibc's struct pthread), with
/// what the kernel keeps behind it [bytes].
std::uintptr_t control_block_bytes();

/// A picture of the process's mappings at one moment. Immutable; safe to read from any thread.
class memory_map {
public:
  /// Reads /proc/self/maps. Not known() where /proc cannot be read. A mapping ends with its file,
  /// however far it was mapped. What libc and the kernel keep of the caller and of the thread that
  /// runs this is a mapping of its own here, and so are their thread-local variables and what the
  /// kernel keeps among those: none of them must ever be taken for the neighbourhood of a buffer,
  /// since the kernel notes there at any moment on which CPU the thread runs (rseq), and kills a
  /// process in which it cannot.
  static memory_map read(calling_thread caller);

  /// What this worker had when it was born, all of it readable and without names.
  static memory_map at_birth();

  bool known() const { return !mappings_.empty(); }
  /// Sorted, disjoint.
  const std::vector<memory_mapping> &mappings() const { return mappings_; }
  /// A frame of the calling thread: its callers' variables lie above.
  std::uintptr_t frame() const { return frame_; }

  const memory_mapping *find(std::uintptr_t address) const;
  /// Whether the name of a mapping has this in it.
  bool any_named(std::string_view part) const;

  /// Leaves out what is not mapped, or not readable any more, in `also`.
  void keep_only(const memory_map &also);

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
