// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The worker's side of its life: what a process does to itself before it runs a variant, so that
// whatever the variant does ends there.

#ifndef TL_RUNTIME_WORKER_WORKER_PROCESS_H
#define TL_RUNTIME_WORKER_WORKER_PROCESS_H

#include "runtime/worker/protocol.h"
#include "runtime/worker/supervisor.h"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace tl::rt {

/// Answers requests in a worker.
class request_handler {
public:
  virtual ~request_handler() = default;
  /// Fills status, text, tainted and times of the reply; cookie and sequence are set already.
  virtual void handle(const worker_request &request, worker_reply &reply) = 0;
};

/// What happens in a worker once it is set up, on the thread that will run the variants: make the
/// handler. Null: the worker ends, and the supervisor is told the reason from `error`.
using handler_factory = std::function<std::unique_ptr<request_handler>(std::string &error)>;

/// Why this thread must not fork a worker now, "" when it may.
std::string obstacle_to_fork();

/// A worker_birth by fork: the worker has the caller's memory as it was, copy-on-write. Descriptors
/// in `keep` stay open in it, all others are closed.
///
/// Variants run on a fresh thread of the worker: thread pools that hang on the calling thread
/// (libgomp) are made anew instead of waiting for threads that the fork left behind, the variant's
/// allocations come from an arena of its own, and its stack has a known end. Under ThreadSanitizer,
/// which does not allow new threads after such a fork, they run on the worker's only thread.
///
/// `first` runs before all else in the worker, on its only thread; it may not allocate.
pid_t fork_worker(const worker_link &link, std::span<const int> keep,
                  const handler_factory &make_handler, const std::function<void()> &first = {});

/// For a process that was started as a worker by other means than a fork, such as the program's
/// image executed again: sets it up in the same way and serves until it ends. Descriptors stay
/// open: those that are not the link's were opened here, by global constructors, and may be a
/// driver's.
[[noreturn]] void serve_as_worker(const worker_link &link, const handler_factory &make_handler);

/// What the black box is told about; called around the code of others. Does nothing outside a
/// worker.
void enter_phase(worker_phase phase) noexcept;

/// Ends this worker at once and leaves the reason. Async-signal-safe.
[[noreturn]] void end_worker(worker_end end) noexcept;

/// Ends a process that a variant has forked and that comes back out of it. Does nothing outside a
/// worker.
void leave_if_forked() noexcept;

/// Whether the socket to the supervisor is still what it was.
bool socket_intact() noexcept;

} // namespace tl::rt

#endif
