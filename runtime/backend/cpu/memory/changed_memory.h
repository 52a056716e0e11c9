// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run has changed in all of the memory that the program had before.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_CHANGED_MEMORY_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_CHANGED_MEMORY_H

#include "runtime/backend/cpu/memory/memory_map.h"
#include "runtime/backend/cpu/memory/memory_twin.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace tl::rt {

/// Bytes [begin, end).
struct byte_range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

/// Changed bytes of one mapping.
struct changed_mapping {
  memory_mapping mapping;          ///< as it is now
  std::vector<byte_range> changes; ///< sorted, disjoint; unchanged words between them
  std::vector<byte_range> all;     ///< also those that are ignored
};

/// Not thread-safe; for a worker in which nothing else runs.
class changed_memory {
public:
  /// `before`: what was mapped when the call was made.
  explicit changed_memory(const memory_map &before) : before_(before) {}

  /// Remembers memory as it is now. False: the system does not allow it.
  bool begin() { return twin_.begin(); }

  /// Compares, leaving out what `ignored` covers (sorted, disjoint). False: the remembered memory
  /// is gone. Once.
  bool compare(const std::vector<byte_range> &ignored);

  const std::vector<changed_mapping> &mappings() const { return changed_; }
  /// Whether some of it is not mapped any more, or not readable.
  bool vanished() const { return vanished_; }
  /// A word (8 bytes, aligned) as it was.
  std::uintptr_t was(std::uintptr_t address) const;
  /// Whether an address lies in memory that was mapped before.
  bool existed(std::uintptr_t address) const { return before_.find(address) != nullptr; }
  /// Mappings as they are now.
  const memory_map &now() const { return now_; }

private:
  bool compare_piece(changed_mapping &to, std::uintptr_t begin, std::uintptr_t end);

  const memory_map &before_;
  memory_map now_;
  memory_twin twin_;
  std::vector<changed_mapping> changed_;
  std::map<std::uintptr_t, std::vector<std::uint64_t>> pages_; ///< changed ones, as they were
  bool vanished_ = false;
};

} // namespace tl::rt

#endif
