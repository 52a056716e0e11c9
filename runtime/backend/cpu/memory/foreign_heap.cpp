// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/foreign_heap.h"

#include "runtime/support/process_role.h"
#include "runtime/support/sanitizer.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
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

bool may_hold_foreign_blocks(const memory_mapping &mapping) {
  return !mapping.shared && mapping.readable &&
         (mapping.name.empty() || mapping.name == "[heap]" || mapping.name.rfind("[anon:", 0) == 0);
}

/// In the child: what the worker does about signals is not for this.
[[noreturn]] static void ask_allocator(std::uintptr_t address, std::size_t *answer) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP, SIGALRM})
    std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  constexpr unsigned most_s = 2; // it may wait for a lock of its own
  ::alarm(most_s);
  *answer = ::malloc_usable_size(reinterpret_cast<void *>(address));
  ::_exit(0);
}

std::size_t foreign_block_bytes(std::uintptr_t address) {
  if (!is_worker())
    return 0;
  void *const shared = ::mmap(nullptr, sizeof(std::size_t), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    return 0;
  auto *const answer = static_cast<std::size_t *>(shared);
  const pid_t child = ::fork();
  if (child == 0)
    ask_allocator(address, answer);
  int ended = -1;
  while (child > 0 && ::waitpid(child, &ended, 0) < 0 && errno == EINTR) {
  }
  const std::size_t bytes = ended == 0 ? *answer : 0;
  ::munmap(shared, sizeof(std::size_t));
  return bytes;
}

} // namespace tl::rt
