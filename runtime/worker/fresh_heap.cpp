// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/fresh_heap.h"

#include "runtime/worker/birth_map.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace tl::rt {

int count_inherited_heaps() noexcept {
  /// Heaps of threads begin at multiples of this.
  constexpr std::uintptr_t heap_alignment = std::uintptr_t(64) << 20;
  const auto all = birth_map();
  return static_cast<int>(std::count_if(all.begin(), all.end(), [](const birth_mapping &it) {
    return it.begin % heap_alignment == 0;
  }));
}

// sysdeps/x86_64/nptl/tls.h and sysdeps/generic/dl-dtv.h of glibc: the second word of a thread's
// block points to the vector's entry 0, of 16 bytes as all are; the one before it, with which the
// memory begins, says how many follow entry 0, without a last one.
std::span<const std::byte> thread_vector() noexcept {
#if defined(__x86_64__) && defined(__GLIBC__)
  constexpr std::size_t entry_bytes = 16, most_entries = std::size_t(1) << 20;
  struct thread_block {
    void *self;
    const std::byte *vector;
  };
  const auto *const own = static_cast<const thread_block *>(__builtin_thread_pointer());
  const std::byte *const begin = own->vector - entry_bytes;
  std::size_t entries = 0;
  std::memcpy(&entries, begin, sizeof entries);
  if (own->self == own && entries < most_entries)
    return {begin, (entries + 2) * entry_bytes};
#endif
  return {};
}

bool has_fresh_thread_vector() noexcept {
  const std::span<const std::byte> vector = thread_vector();
  return vector.empty() || !mapped_at_birth(reinterpret_cast<std::uintptr_t>(vector.data()));
}

bool has_fresh_heap() noexcept {
  void *const block = std::malloc(16);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  std::free(block);
  return !mapped_at_birth(address);
}

} // namespace tl::rt
