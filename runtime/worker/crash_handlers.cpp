// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/crash_handlers.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {
namespace {

struct stack_bounds {
  std::uintptr_t guard_begin = 0; ///< faults from here ...
  std::uintptr_t guard_end = 0;   ///< ... to here are an overflow of the stack
};

} // namespace

static stack_bounds variant_stack;
static fault_filter filter = nullptr;

void set_fault_filter(fault_filter to) noexcept { filter = to; }

static void on_crash(int signal, siginfo_t *info, void *) {
  const bool access = (signal == SIGSEGV || signal == SIGBUS) && info->si_code > 0;
  const int error = errno;
  if (access && filter && filter(info->si_addr)) {
    errno = error;
    return;
  }
  black_box *box = own_black_box();
  std::uint32_t none = 0;
  if (box &&
      __atomic_compare_exchange_n(&box->end, &none, static_cast<std::uint32_t>(worker_end::signal),
                                  false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    box->signal = signal;
    box->code = info->si_code;
    box->address = access ? address : 0;
    box->stack_overflow =
        access && address >= variant_stack.guard_begin && address < variant_stack.guard_end;
  }
  ::_exit(worker_exit_status);
}

static struct sigaction crash_action() noexcept {
  struct sigaction action{};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  return action;
}

static bool is_crash_signal(int signal) noexcept {
  return std::find(std::begin(crash_signals), std::end(crash_signals), signal) !=
         std::end(crash_signals);
}

void reset_signal_handlers() noexcept {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  sigemptyset(&standard.sa_mask);
  for (int signal = 1; signal < NSIG; ++signal)
    ::sigaction(signal, &standard, nullptr); // fails for SIGKILL, SIGSTOP and libc's own
}

void install_crash_handlers() noexcept {
  pthread_attr_t attributes;
  void *begin = nullptr;
  std::size_t bytes = 0, guard = 0;
  if (::pthread_getattr_np(::pthread_self(), &attributes) == 0) {
    ::pthread_attr_getstack(&attributes, &begin, &bytes);
    ::pthread_attr_getguardsize(&attributes, &guard);
    ::pthread_attr_destroy(&attributes);
    // glibc counts the guard as part of the stack in some versions: allow for both. A big frame may
    // also step over the first pages of it.
    const auto low = reinterpret_cast<std::uintptr_t>(begin);
    const std::uintptr_t margin = std::max<std::uintptr_t>(guard, 64u << 10);
    variant_stack = {low - margin, low + margin};
  }
  constexpr std::size_t handler_stack_bytes = 256 << 10;
  void *memory = ::mmap(nullptr, handler_stack_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) {
    stack_t stack{};
    stack.ss_sp = memory;
    stack.ss_size = handler_stack_bytes;
    ::sigaltstack(&stack, nullptr);
  }
  const struct sigaction action = crash_action();
  for (const int signal : crash_signals)
    ::sigaction(signal, &action, nullptr);
}

int repair_signal_handlers() noexcept {
  int changed = 0;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now{};
    if (signal == SIGKILL || signal == SIGSTOP || ::sigaction(signal, nullptr, &now) != 0)
      continue;
    if (is_crash_signal(signal)) {
      if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_crash)
        continue;
      const struct sigaction ours = crash_action();
      ::sigaction(signal, &ours, nullptr);
    } else {
      if ((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL)
        continue;
      struct sigaction standard{};
      standard.sa_handler = SIG_DFL;
      ::sigaction(signal, &standard, nullptr);
    }
    if (changed == 0)
      changed = signal;
  }
  return changed;
}

} // namespace tl::rt
