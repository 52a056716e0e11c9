// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/foreign_heap.h"

#include "runtime/support/process_role.h"

#include <cerrno>
#include <csignal>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tl::rt {

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
