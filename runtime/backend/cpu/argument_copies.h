// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call's arguments once more, leading to copies of the caller's buffers.

#ifndef TL_RUNTIME_BACKEND_CPU_ARGUMENT_COPIES_H
#define TL_RUNTIME_BACKEND_CPU_ARGUMENT_COPIES_H

#include "runtime/backend/cpu/memory/region.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tl::rt {

/// Each buffer's copy lies at the same place within a page as the original and has a page of guard
/// bytes before and after it. Buffers that overlap share one copy, so that arguments that were
/// aliases still are. What is only read and does not tell its extent is used as it is.
///
/// Not thread-safe; the caller's buffers must not be written while they are copied.
class argument_copies {
public:
  /// "" when done, else which parameter cannot be copied with what it leads to, and what to write
  /// instead.
  std::string make(const tl_factory &factory, const tl_call &call);

  /// Addresses of the copied arguments.
  void *const *arguments() const { return arguments_.data(); }
  /// The regions and guards of the copies.
  const memory_layout &layout() const { return layout_; }

private:
  struct buffer {
    std::uintptr_t begin = 0; ///< of the original
    std::uintptr_t end = 0;
    std::unique_ptr<std::byte[]> memory;
    std::uintptr_t copy = 0; ///< where the copy of `begin` is
  };

  const buffer *find(std::uintptr_t address) const;
  void copy_buffers(const std::vector<memory_region> &found);
  void rebase_argument(const tl_parameter &parameter, std::uint32_t index,
                       const memory_region &region);

  std::vector<buffer> buffers_;
  std::vector<std::unique_ptr<std::byte[]>> objects_; ///< copies of argument objects
  std::vector<void *> arguments_;
  memory_layout layout_;
};

} // namespace tl::rt

#endif
