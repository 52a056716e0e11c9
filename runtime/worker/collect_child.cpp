// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/collect_child.h"

#include <cerrno>
#include <chrono>
#include <future>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>

namespace tl::rt {

static void collect(pid_t pid) {
  while (::waitpid(pid, nullptr, WNOHANG) < 0 && errno == EINTR) {
  }
}

static bool in_real_time_class() {
  const int policy = ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
  return policy == SCHED_FIFO || policy == SCHED_RR;
}

namespace {
struct collection {
  pid_t pid;
  std::promise<void> done;
};
} // namespace

static void *run_collection(void *given) {
  const std::unique_ptr<collection> it(static_cast<collection *>(given));
  collect(it->pid);
  it->done.set_value();
  return nullptr;
}

/// False where no thread can be made.
static bool collect_in_ordinary_class(pid_t pid) {
  constexpr auto longest = std::chrono::seconds(10);
  auto made = std::make_unique<collection>(collection{pid, {}});
  const std::future<void> done = made->done.get_future();
  pthread_attr_t attributes;
  const sched_param none{};
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  ::pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  ::pthread_attr_setschedparam(&attributes, &none);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const bool created = ::pthread_create(&thread, &attributes, run_collection, made.get()) == 0;
  ::pthread_attr_destroy(&attributes);
  if (!created)
    return false;
  static_cast<void>(made.release()); // the thread's
  done.wait_for(longest);
  return true;
}

// Linux takes what it knows of a process out of /proc when that is collected, and as long as one of
// its threads, which says that it has ended before it has quite done so, is at the same work, it
// tries again and again. A thread of a real-time class that does that keeps a thread of a lower one
// from running on the same processor: for ever, and without an end by a signal. Hence somebody
// collects who outranks nobody.
void collect_child(pid_t pid) {
  if (in_real_time_class()) {
    if (collect_in_ordinary_class(pid))
      return;
    const timespec meanwhile{0, 20'000'000}; // the others get on
    ::nanosleep(&meanwhile, nullptr);
  }
  collect(pid);
}

} // namespace tl::rt
