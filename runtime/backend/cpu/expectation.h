// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run of the reference left in the arguments' memory, as later runs are checked against it.
// Kept in a file without a name, so that a worker born later need not run the reference again.

#ifndef TL_RUNTIME_BACKEND_CPU_EXPECTATION_H
#define TL_RUNTIME_BACKEND_CPU_EXPECTATION_H

#include "runtime/backend/cpu/memory/region.h"
#include "runtime/backend/cpu/memory/sealed_vector.h"
#include "runtime/support/status.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tl::rt {

/// Elements one after the other that the reference wrote. Plain data.
struct written_run {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::uint64_t offset = 0;  ///< of the expected bytes in expectation::data
  std::uint32_t region = 0;  ///< index into expectation::layout.regions
  std::uint32_t element = 0; ///< the region's, or BYTES for a cut-off element at its edge
  std::uint32_t pure = 0;    ///< 1: nothing of it is read before it is written
  std::uint32_t ignored = 0; ///< 1: put back, and not compared
};

/// A container whose elements the reference has replaced by others, elsewhere or more of them.
/// Plain data.
struct replaced_content {
  static constexpr std::uint32_t the_result = UINT32_MAX; ///< what was returned is one
  std::uint32_t argument = 0;
  std::uint32_t element = 0; ///< TL_ELEMENT_*
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0; ///< of the expected bytes in expectation::data
};

/// Bytes outside of all regions that the reference changes too: held against no variant. Plain
/// data.
struct noise_range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

struct expectation {
  memory_layout layout;
  sealed_vector<written_run> runs; ///< sorted, disjoint
  sealed_vector<std::byte> data;
  std::vector<noise_range> noise;
  std::vector<replaced_content> replaced;
  std::vector<std::byte> result; ///< of a plain value or object
  std::vector<char> left_out;    ///< see output_scout::left_out
  double reference_ns = 0;

  /// Whether some of what is written is also read, so that a second run on what a first one left
  /// would not do the same work.
  bool in_place() const;

  /// Keeps stray writes from the runs and the data, or lets them be changed again.
  void seal(bool sealed) const {
    set_sealed(runs, sealed);
    set_sealed(data, sealed);
  }

  /// Only once: the content of `file` is replaced.
  status save(int file) const;
  /// Empty file: ok, and `known` is false.
  status load(int file, bool &known);
};

} // namespace tl::rt

#endif
