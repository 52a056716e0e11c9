// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/call_memo.h"

#include <algorithm>
#include <atomic>
#include <new>

namespace tl::rt {

constinit thread_local call_memo *call_memo::of_thread = nullptr;

/// Ends a thread's memo with the thread. Calls that come later, from other destructors, have none.
struct memo_owner {
  bool ended = false;
  ~memo_owner() {
    delete call_memo::of_thread;
    call_memo::of_thread = nullptr;
    ended = true;
  }
};
static thread_local memo_owner owner;

call_memo *call_memo::make() noexcept {
  if (!owner.ended)
    of_thread = new (std::nothrow) call_memo;
  return of_thread;
}

void call_memo::keep(const tl_dispatch_slot &slot, std::uint64_t generation,
                     std::span<const std::uint64_t> words, void *function) noexcept {
  if (words.size() > most_words || (!of_thread && !make()))
    return;
  set &among = of_thread->all_[place(slot, words)];
  // The newest in front; the other one has not been used for longer.
  among[1] = among[0];
  entry &it = among[0];
  // A signal handler that makes a call in between finds nothing here.
  it.slot = nullptr;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  it.generation = generation;
  it.images = image_changes();
  it.function = function;
  std::ranges::copy(words, it.words.begin());
  std::atomic_signal_fence(std::memory_order_seq_cst);
  it.slot = &slot;
}

} // namespace tl::rt
