// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/roomy_stack.h"

#include <cstdint>
#include <cxxabi.h>
#include <exception>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

extern "C" {
/// Where the main thread's stack begins; glibc has it from the kernel.
extern void *__libc_stack_end;
}

namespace tl::rt {

/// A session's frames, SQLite's included, with a margin [bytes].
static constexpr std::size_t enough = std::size_t(256) << 10;
/// What is mapped instead; pages that are never touched cost nothing [bytes].
static constexpr std::size_t roomy = std::size_t(2) << 20;
static constexpr std::size_t guard_bytes = std::size_t(64) << 10;

static std::uintptr_t here_in_stack() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

// Not pthread_getattr_np(), which reads all mappings of the process to answer.
static thread_stack main_stack() {
  const auto end = reinterpret_cast<std::uintptr_t>(__libc_stack_end);
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0)
    return {};
  return {limit.rlim_cur < end ? end - limit.rlim_cur : 0, end};
}

thread_stack thread_stack::of_caller() {
  if (::gettid() == ::getpid())
    return main_stack();
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0)
    return {};
  void *begin = nullptr;
  std::size_t bytes = 0;
  ::pthread_attr_getstack(&attributes, &begin, &bytes);
  ::pthread_attr_destroy(&attributes);
  const auto low = reinterpret_cast<std::uintptr_t>(begin);
  return {low, low + bytes};
}

namespace {
struct switched_call {
  const std::function<void()> *work;
  ucontext_t caller;
  std::exception_ptr thrown;
};
} // namespace

// makecontext() passes ints only.
static void enter(unsigned high, unsigned low) {
  auto *call = reinterpret_cast<switched_call *>((std::uintptr_t(high) << 32) | low);
  try {
    (*call->work)();
  } catch (const abi::__forced_unwind &) { // the thread ends, from this stack
    throw;
  } catch (...) {
    call->thrown = std::current_exception();
  }
}

namespace {

/// A mapped stack in use, and those of the same thread that were in use before.
struct mapped_stack {
  void *memory;
  mapped_stack *outer;
};

/// The thread's stacks, on themselves, since `work` may be left without return.
struct mapped_stacks {
  mapped_stack *innermost = nullptr;

  void free(const void *memory) {
    for (mapped_stack **at = &innermost; *at; at = &(*at)->outer) {
      if ((*at)->memory != memory)
        continue;
      void *const freed = (*at)->memory;
      *at = (*at)->outer;
      ::munmap(freed, guard_bytes + roomy);
      return;
    }
  }
  void free_all() {
    while (innermost)
      free(innermost->memory);
  }
  ~mapped_stacks() { free_all(); }
};

} // namespace

static thread_local mapped_stacks stacks;

void free_left_stacks() { stacks.free_all(); }

void run_with_room(const std::function<void()> &work) {
  const std::uintptr_t at = here_in_stack();
  // Elsewhere than on its thread's stack runs a coroutine, whose stack may be of any size.
  const thread_stack own = thread_stack::of_caller();
  if (own.contains(at) && at - own.begin >= enough) {
    work();
    return;
  }
  void *memory = ::mmap(nullptr, guard_bytes + roomy, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  char *const stack = static_cast<char *>(memory) + guard_bytes;
  if (memory == MAP_FAILED || ::mprotect(stack, roomy, PROT_READ | PROT_WRITE) != 0) {
    if (memory != MAP_FAILED)
      ::munmap(memory, guard_bytes + roomy);
    work(); // there is no other
    return;
  }
  constexpr std::size_t record = 64;
  static_assert(sizeof(mapped_stack) <= record);
  stacks.innermost = new (stack + roomy - record) mapped_stack{memory, stacks.innermost};
  ucontext_t there;
  switched_call call{&work, {}, nullptr};
  const auto address = reinterpret_cast<std::uintptr_t>(&call);
  ::getcontext(&there);
  there.uc_stack.ss_sp = stack;
  there.uc_stack.ss_size = roomy - record;
  there.uc_link = &call.caller;
  ::makecontext(&there, reinterpret_cast<void (*)()>(enter), 2,
                static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  ::swapcontext(&call.caller, &there);
  stacks.free(memory);
  if (call.thrown)
    std::rethrow_exception(call.thrown);
}

} // namespace tl::rt
