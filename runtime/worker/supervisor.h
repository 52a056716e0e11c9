// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Owns a worker process: has it born, talks to it with a deadline, kills it, and says why it died.

#ifndef TL_RUNTIME_WORKER_SUPERVISOR_H
#define TL_RUNTIME_WORKER_SUPERVISOR_H

#include "runtime/domain/verdict.h"
#include "runtime/support/status.h"
#include "runtime/worker/protocol.h"
#include "runtime/worker/worker_channels.h"
#include "runtime/worker/worker_death.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

namespace tl::rt {

/// Makes a worker and returns its process id; -1 with errno set when that is not possible. In a
/// forked worker it does not return.
using worker_birth = std::function<pid_t(const worker_link &)>;

/// How a question to the worker ended.
struct worker_answer {
  /// Whether `reply` is valid. Otherwise the worker is gone, `status` and `reason` say why.
  bool replied = false;
  worker_reply reply{};
  trial_status status = trial_status::harness_error;
  std::string reason;
  /// All threads of the worker slept for good. It has only one of the program's: what it waited for
  /// may have been another one, or a lock that another one held at the fork.
  bool asleep = false;

  /// What the worker found, or how it ended.
  verdict found() const;
};

/// Not thread-safe. Destroying it kills the worker; afterwards there is no process (its children
/// included), no descriptor and no shared memory left of it.
class supervisor {
public:
  explicit supervisor(worker_birth birth) : birth_(std::move(birth)) {}
  ~supervisor() { stop(); }
  supervisor(const supervisor &) = delete;
  supervisor &operator=(const supervisor &) = delete;

  /// Has a worker born and waits until it says hello. One that lives already is kept. A birth is
  /// repeated where the newborn waits for a lock that another thread held at the fork. `meanwhile`,
  /// if any, is called once, after the first birth: the time until the hello is the caller's.
  status start(double limit_s, const std::function<void()> &meanwhile = {});

  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

  /// Sends a request and waits for its reply. A worker that dies, is stopped, sends something else,
  /// or spends more than `limit_s` [s] in one run of what is tried is killed. What it needs to look
  /// at the results does not count, but for a generous limit.
  worker_answer ask(worker_request request, double limit_s);

  /// From then on no question is waited for, whatever the worker is at; never, unless this is
  /// called.
  void set_deadline(std::chrono::steady_clock::time_point at) { deadline_ = at; }

  /// Kills the worker and everything that it has started, and cleans up after it.
  void stop();

private:
  enum class wait_result { reply, died, late, stopped, garbage, asleep };

  status give_birth();
  wait_result wait_for_reply(worker_reply &reply, std::uint32_t sequence, double limit_s) const;
  double allowed_s(double limit_s, double waited_s) const;
  bool is_starting() const;
  double used_cpu_s() const;
  bool wait_for_end(double limit_s);
  void send(int signal, bool to_group) const;
  void kill_all() const;
  void forget_worker();

  worker_birth birth_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::atomic<int> to_kill_{-1}; ///< pidfd_, while a worker may have to be killed at once
  worker_channels channels_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::uint32_t sequence_ = 0;
  process_end end_;
  pid_t owner_ = 0; ///< process that the worker was born for: a forked child has none
  std::shared_ptr<const void> killed_at_once_, abandoned_; ///< see when_abandoned
};

} // namespace tl::rt

#endif
