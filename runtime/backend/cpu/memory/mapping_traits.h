// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What /proc/self/maps does not say of mappings.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_MAPPING_TRAITS_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_MAPPING_TRAITS_H

#include "runtime/backend/cpu/memory/memory_map.h"
#include "runtime/support/status.h"

#include <cstdint>
#include <vector>

namespace tl::rt {

/// A mapping that a fork treats in a way of its own.
struct unusual_mapping {
  std::uintptr_t begin = 0;
  bool wiped = false; ///< empty in the child (MADV_WIPEONFORK)
  bool huge = false;  ///< of huge pages that the system keeps apart (hugetlb)
};

/// Those of this process; takes as long as looking at all of its page tables.
std::vector<unusual_mapping> unusual_mappings();

/// Puts ordinary memory in place of huge pages, at the same addresses. A child that writes to such
/// a page needs another one, and there may be none; nor can a part of one be protected. In a
/// worker.
status replace_huge_pages(const memory_map &map);

} // namespace tl::rt

#endif
