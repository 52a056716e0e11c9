// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where memory differs from what it was, element by element.

#ifndef TL_RUNTIME_BACKEND_CPU_CHANGED_RUNS_H
#define TL_RUNTIME_BACKEND_CPU_CHANGED_RUNS_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tl::rt {

inline const std::byte *bytes_at(std::uintptr_t address) {
  return reinterpret_cast<const std::byte *>(address);
}

/// How many whole elements at `at` differ from those at `was`, from the first one on.
template <class T>
std::size_t count_changed(const std::byte *at, const std::byte *was, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    T a, b;
    std::memcpy(&a, at + i * sizeof(T), sizeof(T));
    std::memcpy(&b, was + i * sizeof(T), sizeof(T));
    if (a == b)
      return i;
  }
  return count;
}

inline std::size_t count_changed(const std::byte *at, const std::byte *was, std::size_t count,
                                 std::size_t size) {
  switch (size) {
  case 2:
    return count_changed<std::uint16_t>(at, was, count);
  case 4:
    return count_changed<std::uint32_t>(at, was, count);
  case 8:
    return count_changed<std::uint64_t>(at, was, count);
  default:
    return count_changed<std::uint8_t>(at, was, count);
  }
}

/// Calls visit(begin, end) for every maximal run of elements in [begin, end) that differ from
/// `pristine`, which is as long. Elements lie on a grid through `anchor`; a cut-off element at an
/// edge is its own run.
template <class Visit>
void for_each_change(std::uintptr_t begin, std::uintptr_t end, const std::byte *pristine,
                     std::uintptr_t anchor, std::size_t size, Visit visit) {
  constexpr std::size_t chunk = 4096;
  std::uintptr_t open = 0, open_end = 0;
  for (std::uintptr_t at = begin; at < end;) {
    // Most memory is unchanged: look at large pieces first.
    const std::size_t piece = std::min<std::size_t>(chunk, end - at);
    if (std::memcmp(bytes_at(at), pristine + (at - begin), piece) == 0) {
      at += piece;
      continue;
    }
    for (const std::uintptr_t stop = at + piece; at < stop;) {
      const std::size_t into =
          (at - anchor) % size; // also right below the anchor: sizes are powers of two
      const std::uintptr_t next = std::min<std::uintptr_t>(at - into + size, end);
      if (std::memcmp(bytes_at(at), pristine + (at - begin), next - at) != 0) {
        const bool whole = into == 0 && next - at == size;
        if (open_end != at || !whole || (open - anchor) % size != 0) {
          if (open != open_end)
            visit(open, open_end);
          open = at;
        }
        open_end = next;
        if (!whole) {
          visit(open, open_end);
          open = open_end = 0;
        } else {
          const std::size_t more =
              count_changed(bytes_at(next), pristine + (next - begin), (end - next) / size, size);
          open_end = next + more * size;
          at = open_end;
          continue;
        }
      }
      at = next;
    }
  }
  if (open != open_end)
    visit(open, open_end);
}

} // namespace tl::rt

#endif
