// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/flight.h"

#include "runtime/support/call_life.h"
#include "runtime/support/fork_guard.h"
#include "runtime/support/thread_guard.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tl::rt {
namespace {

using problem = std::pair<const tl_dispatch_slot *, std::vector<std::uint64_t>>;

struct turn {
  std::thread::id thread;
  std::shared_ptr<const call_life> call; ///< null: of a thread without a guard
};

struct flights {
  pid_t process = 0; ///< a forked child has none of its parent's threads
  std::map<problem, turn> all;
};

/// Guarded by the mutex of flights.
flights &under_way() {
  static auto *it = new flights; // never destroyed: threads may outlive statics
  if (it->process != ::getpid()) {
    it->all.clear();
    it->process = ::getpid();
  }
  return *it;
}

} // namespace

flight flight::begin(const tl_dispatch_slot &slot, std::span<const std::uint64_t> key) {
  flight result;
  const problem wanted{&slot, {key.begin(), key.end()}};
  auto pause = std::chrono::microseconds(50);
  while (true) {
    end_left_calls();
    {
      const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
      const auto [at, fresh] = under_way().all.try_emplace(
          wanted, turn{std::this_thread::get_id(), life_of_this_thread()});
      if (fresh)
        break;
      if (at->second.thread == std::this_thread::get_id() ||
          (at->second.call && at->second.call->is_stuck()))
        return result;
    }
    result.waited_ = true;
    interruptible_sleep(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, std::chrono::milliseconds(5));
  }
  result.turn_ = std::shared_ptr<void>(new problem(wanted), [process = ::getpid()](void *held) {
    const std::unique_ptr<const problem> ended(static_cast<const problem *>(held));
    const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
    if (process == ::getpid())
      under_way().all.erase(*ended);
  });
  // A signal handler may jump out of the call: whoever comes next ends its turn.
  result.abandoned_ = when_abandoned([wanted] {
    const mutex_lock lock(fork_safe_mutex(fork_safe::flights));
    under_way().all.erase(wanted);
  });
  return result;
}

} // namespace tl::rt
