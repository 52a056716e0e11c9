// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/call_life.h"

#include "runtime/support/fork_guard.h"
#include "runtime/support/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <utility>

namespace tl::rt {
namespace {

struct going_calls {
  pid_t process = 0; ///< a forked child has none of its parent's threads
  std::vector<std::shared_ptr<call_life>> all;
};

/// How often it is looked at whether calls were left in a way that tells nobody [ns].
constexpr std::int64_t look_every_ns = 50'000'000;

} // namespace

static mutex &calls_mutex() { return fork_safe_mutex(fork_safe::calls); }

static going_calls &going() TL_REQUIRES(calls_mutex()) {
  static auto *const it = new going_calls; // never destroyed: threads may outlive statics
  if (it->process != ::getpid()) {
    it->all.clear();
    it->process = ::getpid();
  }
  return *it;
}

static thread_local int ending = 0;

bool is_ending_a_call() noexcept { return ending > 0; }

std::shared_ptr<call_life> call_life::begin(const call_place &at) {
  auto made = std::make_shared<call_life>(at);
  const mutex_lock lock(calls_mutex());
  going().all.push_back(made);
  return made;
}

/// False where another thread is giving back what it held.
bool call_life::withdraw() {
  const mutex_lock lock(calls_mutex());
  return std::erase_if(going().all, [this](const auto &it) { return it.get() == this; }) != 0;
}

void call_life::finish() { static_cast<void>(withdraw()); }

void call_life::leave() noexcept {
  if (process_ != ::getpid())
    return;
  for (at_once &it : at_once_)
    if (std::atomic<int> *const descriptor = it.descriptor.exchange(nullptr))
      if (const int number = descriptor->exchange(-1); number >= 0)
        it.release.load()(number);
  left_.store(true, std::memory_order_release);
}

void call_life::end() {
  const std::shared_ptr<call_life> keep = shared_from_this();
  if (process_ != ::getpid() || !withdraw())
    return;
  leave();
  ++ending;
  for (auto at = ends_.rbegin(); at != ends_.rend(); ++at)
    if (const auto it = at->lock())
      (*it)();
  --ending;
}

std::shared_ptr<const void> call_life::when_left(std::function<void()> end) {
  auto kept = std::make_shared<const std::function<void()>>(std::move(end));
  const mutex_lock lock(calls_mutex());
  std::erase_if(ends_, [](const auto &it) { return it.expired(); });
  ends_.push_back(kept);
  return kept;
}

std::shared_ptr<const void> call_life::release_at_once(std::atomic<int> &descriptor,
                                                       void (*release)(int)) {
  for (at_once &it : at_once_) {
    if (it.descriptor.load() != nullptr)
      continue;
    it.release.store(release);
    it.descriptor.store(&descriptor);
    return {static_cast<const void *>(&it), [life = shared_from_this(), place = &it](const void *) {
              place->descriptor = nullptr;
            }};
  }
  return nullptr; // then it is given back later
}

/// The stack pointer of another thread of this process that waits in the system, 0 where that is
/// not known: the thread runs, or the system does not tell.
static std::uintptr_t waiting_at(pid_t thread) {
  // "running", "-1 SP PC", or "NUMBER ARGUMENT... SP PC".
  const std::string text = read_small_file(fmt::format("/proc/self/task/{}/syscall", thread));
  const std::size_t counter = text.rfind(' ');
  const std::size_t pointer = counter == std::string::npos ? counter : text.rfind(' ', counter - 1);
  return pointer == std::string::npos ? 0 : std::strtoull(text.c_str() + pointer + 1, nullptr, 16);
}

/// Whether the place where the call's frame began holds something else by now.
static bool is_overwritten(const call_place &place) {
  std::array<std::uintptr_t, 2> now{};
  const iovec to{now.data(), sizeof now};
  const iovec from{reinterpret_cast<void *>(place.frame), sizeof now}; // may be gone at any moment
  return ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) == sizeof now && now != place.linkage;
}

/// Whether its frames are certainly gone. Stacks grow downwards: whatever the call does lies below
/// its frame, and where that is on the thread's own stack, a thread that is on that stack above it
/// has left, and so has one that uses the frame for something else. The call is still known
/// afterwards, so that it has not returned.
bool call_life::has_gone() const {
  if (::syscall(SYS_tgkill, process_, place_.thread, 0) != 0 && errno == ESRCH)
    return true;
  if (!place_.stack.contains(place_.frame))
    return false;
  const std::uintptr_t at = waiting_at(place_.thread);
  return place_.stack.contains(at) && (at >= place_.frame || is_overwritten(place_));
}

static std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

void call_life::waits(bool now) noexcept { waits_since_ = now ? now_ns() : 0; }

bool call_life::is_stuck() const noexcept {
  constexpr std::int64_t longest_ns = 60'000'000'000;
  const std::int64_t since = waits_since_;
  return since != 0 && now_ns() - since > longest_ns;
}

void end_left_calls() {
  static constinit std::atomic<std::int64_t> next_look{0};
  const std::int64_t now = now_ns();
  std::int64_t due = next_look.load(std::memory_order_relaxed);
  const bool look = now >= due && next_look.compare_exchange_strong(due, now + look_every_ns);
  std::vector<std::shared_ptr<call_life>> others;
  {
    const mutex_lock lock(calls_mutex());
    for (const auto &it : going().all)
      if (it->is_left() || (look && it->place_.thread != ::gettid()))
        others.push_back(it);
  }
  const auto is_going = [](const auto &it) {
    const mutex_lock lock(calls_mutex());
    return std::find(going().all.begin(), going().all.end(), it) != going().all.end();
  };
  for (const auto &it : others)
    if (it->is_left() || (it->has_gone() && is_going(it)))
      it->end();
}

} // namespace tl::rt
