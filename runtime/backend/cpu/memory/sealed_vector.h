// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A vector whose content can be made read-only: what a worker keeps beside variants that may write
// anywhere. Then a stray write is the end of the one that strays, and not a wrong verdict on the
// next.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_SEALED_VECTOR_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_SEALED_VECTOR_H

#include <cstddef>
#include <new>
#include <sys/mman.h>
#include <vector>

namespace tl::rt {

/// Whole pages straight from the system.
template <class T> struct page_allocator {
  using value_type = T;
  page_allocator() = default;
  template <class Other> page_allocator(const page_allocator<Other> &) {}

  T *allocate(std::size_t count) {
    void *memory = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw std::bad_alloc();
    return static_cast<T *>(memory);
  }
  void deallocate(T *memory, std::size_t count) {
    ::munmap(static_cast<void *>(memory), count * sizeof(T));
  }

  template <class Other> bool operator==(const page_allocator<Other> &) const { return true; }
};

template <class T> using sealed_vector = std::vector<T, page_allocator<T>>;

/// Makes the elements read-only, or writable again. Failure is harmless and not reported.
template <class T> void set_sealed(const sealed_vector<T> &of, bool sealed) {
  if (of.capacity() > 0)
    ::mprotect(const_cast<void *>(static_cast<const void *>(of.data())), of.capacity() * sizeof(T),
               sealed ? PROT_READ : PROT_READ | PROT_WRITE);
}

} // namespace tl::rt

#endif
