// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stack for what a first call does, whatever the calling thread has.

#ifndef TL_RUNTIME_SUPPORT_ROOMY_STACK_H
#define TL_RUNTIME_SUPPORT_ROOMY_STACK_H

#include <cstdint>
#include <functional>

namespace tl::rt {

/// The calling thread's stack, as far as the system knows it.
struct thread_stack {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0; ///< 0: not known

  static thread_stack of_caller();
  bool contains(std::uintptr_t address) const { return address >= begin && address < end; }
};

/// Calls `work` on this thread, on its stack where enough is left of that, else on one that is
/// mapped for the purpose. Threads with stacks of 16 KiB, and coroutines, make tuned calls too.
/// What `work` throws comes through.
void run_with_room(const std::function<void()> &work);

/// Unmaps stacks of this thread whose `work` was left by a jump; when no call is going on in it.
/// The end of the thread does the same.
void free_left_stacks();

} // namespace tl::rt

#endif
