// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/fresh_heap.h"

#include "runtime/worker/birth_map.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace tl::rt {

int count_inherited_heaps() noexcept {
  /// Heaps of threads begin at multiples of this.
  constexpr std::uintptr_t heap_alignment = std::uintptr_t(64) << 20;
  const auto all = birth_map();
  return static_cast<int>(std::count_if(all.begin(), all.end(), [](const birth_mapping &it) {
    return it.begin % heap_alignment == 0;
  }));
}

bool has_fresh_heap() noexcept {
  void *const block = std::malloc(16);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  std::free(block);
  return !mapped_at_birth(address);
}

} // namespace tl::rt
