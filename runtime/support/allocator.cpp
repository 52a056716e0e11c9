// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/allocator.h"

#include "runtime/support/sanitizer.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <sys/uio.h>
#include <unistd.h>

namespace tl::rt {

namespace {
enum class allocator : unsigned char { unknown, glibc, foreign };
} // namespace

/// glibc has a block's size, with three flag bits, in the word before it.
static allocator look_at_block() {
  constexpr std::size_t asked = 1000, flags = 7, word_bytes = sizeof(std::size_t);
  void *const block = std::malloc(asked);
  if (!block)
    return allocator::unknown;
  std::size_t word = 0;
  // Hidden from the compiler, which knows where the block begins.
  const char *before = static_cast<const char *>(block);
  __asm__ volatile("" : "+r"(before));
  // By the system first: valgrind reports the read of such a word as an error of the program.
  const iovec to{&word, word_bytes};
  const iovec from{const_cast<char *>(before - word_bytes), word_bytes};
  if (::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) != static_cast<ssize_t>(word_bytes))
    std::memcpy(&word, before - word_bytes, word_bytes);
  const bool glibc = (word & ~flags) == ::malloc_usable_size(block) + word_bytes;
  std::free(block);
  return glibc ? allocator::glibc : allocator::foreign;
}

bool has_foreign_allocator() {
  if (under_sanitizer())
    return false; // which knows each block
  static constinit std::atomic<allocator> known{allocator::unknown};
  allocator found = known.load(std::memory_order_relaxed);
  if (found == allocator::unknown) {
    found = look_at_block();
    known.store(found, std::memory_order_relaxed);
  }
  return found == allocator::foreign;
}

} // namespace tl::rt
