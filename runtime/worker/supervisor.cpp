// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/supervisor.h"

#include "runtime/support/small_file.h"
#include "runtime/support/thread_guard.h"
#include "runtime/support/unnamed_file.h"
#include "runtime/worker/collect_child.h"
#include "runtime/worker/descendants.h"
#include "runtime/worker/sleep_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tl::rt {

using steady = std::chrono::steady_clock;

static double seconds_until(steady::time_point deadline) {
  return std::chrono::duration<double>(deadline - steady::now()).count();
}

static steady::time_point deadline_after(double seconds) {
  return steady::now() +
         std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
}

static double seconds_of(const timespec &time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// What keeps the system from making a process, as far as the number tells.
static std::string birth_error(int error) {
  const char *hint = "";
  if (error == EAGAIN)
    hint = " (a limit on processes, ulimit -u or pids.max, or SCHED_DEADLINE)";
  else if (error == EPERM || error == EACCES || error == ENOSYS)
    hint = " (a sandbox of the program)";
  else if (error == ENOMEM)
    hint = " (memory for it, or the first process of the PID namespace has ended)";
  return fmt::format("no worker process: {}{}", error_text(error), hint);
}

status supervisor::give_birth() {
  worker_link link{};
  if (status opened = channels_.open(link); !opened)
    return opened;
  pid_ = birth_(link);
  const int error = errno;
  close_descriptor(link.socket);
  if (pid_ <= 0) {
    pid_ = -1;
    channels_.close();
    return status::io_error(birth_error(error));
  }
  owner_ = ::getpid();
  abandoned_ = when_abandoned([this] { stop(); });
  // Also done by the worker itself: whoever comes first, it is done before either goes on.
  ::setpgid(pid_, pid_);
  pidfd_ = above_standard_streams(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  to_kill_ = pidfd_;
  killed_at_once_ = released_at_once(
      to_kill_, [](int it) { ::syscall(SYS_pidfd_send_signal, it, SIGKILL, nullptr, 0); });
  return status::ok();
}

status supervisor::start(double limit_s, const std::function<void()> &meanwhile) {
  if (running())
    return status::ok();
  /// A thread that does nothing but load libraries holds the loader's lock most of the time.
  constexpr int most_births = 8, most_late = 2;
  for (int births = 1, late = 0;; ++births) {
    if (status born = give_birth(); !born)
      return born;
    if (births == 1 && meanwhile)
      meanwhile();
    worker_request hello{};
    hello.kind = request_kind::hello;
    const worker_answer answer = ask(hello, limit_s);
    if (answer.replied)
      return status::ok();
    late += answer.status == trial_status::timed_out && !answer.asleep;
    if (births == most_births || late == most_late ||
        (!answer.asleep && answer.status != trial_status::timed_out))
      return status::io_error("the worker did not start: " + answer.reason);
  }
}

bool supervisor::is_starting() const { return channels_.phase() == worker_phase::starting; }

// How much longer the worker may take before it is late.
double supervisor::allowed_s(double limit_s, double waited_s) const {
  /// Comparing gigabytes takes its time. Not without end: a variant may have damaged what we use
  /// for it.
  constexpr double looking_s = 60;
  /// Nothing of size happens before that; some locks are waited for by spinning.
  constexpr double starting_s = 10;
  const worker_phase phase = channels_.phase();
  if (phase == worker_phase::starting)
    return std::min(limit_s, starting_s) - waited_s;
  if (phase != worker_phase::variant && phase != worker_phase::reference)
    return phase == worker_phase::checking ? limit_s + looking_s - waited_s : limit_s - waited_s;
  const std::uint64_t since = __atomic_load_n(&channels_.box()->phase_since, __ATOMIC_RELAXED);
  // The same clock as std::chrono::steady_clock's, see clock_gettime(2).
  const double ran_s = static_cast<double>(steady::now().time_since_epoch().count()) * 1e-9 -
                       static_cast<double>(since) * 1e-9;
  return limit_s - std::clamp(ran_s, 0.0, waited_s);
}

double supervisor::used_cpu_s() const {
  clockid_t clock{};
  timespec used{};
  return ::clock_getcpuclockid(pid_, &clock) == 0 && ::clock_gettime(clock, &used) == 0
             ? seconds_of(used)
             : 0;
}

supervisor::wait_result supervisor::wait_for_reply(worker_reply &reply, std::uint32_t sequence,
                                                   double limit_s) const {
  /// A worker that had less than this share of a processor was kept from running by others (it may
  /// be of an idle class, as the program is): it gets more time, but not without end.
  constexpr double starved_share = 0.25;
  constexpr double most_times = 4;
  const steady::time_point begin = steady::now();
  const double used_before_s = used_cpu_s();
  sleep_watch watch(pid_);
  double look_s = sleep_watch::interval_ms * 1e-3;
  steady::time_point next_look = deadline_after(look_s);
  double limit = limit_s;
  for (;;) {
    pollfd waiting[2] = {{channels_.socket(), POLLIN, 0}, {pidfd_, POLLIN, 0}};
    const double left = std::min({allowed_s(limit, -seconds_until(begin)), seconds_until(next_look),
                                  seconds_until(deadline_)});
    // Now and then it is looked at whether the worker was stopped, which no descriptor tells.
    // Without a pidfd (a kernel before 5.3) its death is found out in the same way.
    const double tick = std::clamp(left, 0.0, pidfd_ < 0 ? 0.01 : 0.1);
    const int ready = interruptible_poll(
        waiting, pidfd_ < 0 ? 1 : 2,
        std::chrono::nanoseconds(static_cast<std::int64_t>(tick * 1e9) + 100000));
    if (ready > 0 && (waiting[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      const ssize_t got =
          ::recv(channels_.socket(), &reply, sizeof reply, MSG_DONTWAIT | MSG_TRUNC);
      if (got == static_cast<ssize_t>(sizeof reply) && reply.cookie == channels_.cookie() &&
          reply.sequence == sequence)
        return wait_result::reply;
      if (got > 0)
        return wait_result::garbage;
      if (got == 0)
        return wait_result::died;
    }
    if (ready > 0 && pidfd_ >= 0 && waiting[1].revents != 0)
      return wait_result::died;
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) ==
            0 &&
        info.si_pid == pid_)
      return info.si_code == CLD_STOPPED ? wait_result::stopped : wait_result::died;
    if (seconds_until(next_look) <= 0) {
      if (watch.look())
        return wait_result::asleep;
      // Less often while it runs, so that looking costs nothing.
      look_s = watch.suspects() ? sleep_watch::interval_ms * 1e-3 : std::min(2 * look_s, 0.24);
      next_look = deadline_after(look_s);
    }
    const double waited_s = -seconds_until(begin);
    if (seconds_until(deadline_) <= 0)
      return wait_result::late;
    if (allowed_s(limit, waited_s) > 0)
      continue;
    const bool starved = waited_s < most_times * limit_s &&
                         used_cpu_s() - used_before_s < starved_share * waited_s &&
                         any_thread_runs(pid_);
    if (!starved)
      return wait_result::late;
    limit += 0.25 * limit_s;
  }
}

verdict worker_answer::found() const {
  verdict made;
  if (replied) {
    made.failure = verdict::failure_of(reply.code);
    made.reason = std::string(reply.get_text());
    made.time_ns = reply.time_ns;
  } else {
    made.failure = status;
    made.reason = reason;
  }
  made.waits_for_program = asleep;
  return made;
}

worker_answer supervisor::ask(worker_request request, double limit_s) {
  worker_answer answer;
  if (!running()) {
    answer.reason = "there is no worker";
    return answer;
  }
  request.cookie = channels_.cookie();
  request.sequence = ++sequence_;
  wait_result result = wait_result::died;
  if (::send(channels_.socket(), &request, sizeof request, MSG_NOSIGNAL) == sizeof request)
    result = wait_for_reply(answer.reply, request.sequence, limit_s);
  switch (result) {
  case wait_result::reply:
    answer.replied = true;
    return answer;
  case wait_result::late:
    answer.status = trial_status::timed_out;
    answer.reason = seconds_until(deadline_) <= 0 ? "killed when the budget ended"
                                                  : fmt::format("killed after {:g} s", limit_s);
    break;
  case wait_result::asleep:
    answer.status = trial_status::timed_out;
    answer.asleep = true;
    answer.reason = is_starting() ? "it waits for a lock that another thread of the program held"
                                  : "waits for another thread of the program, which trials do not "
                                    "have (a thread pool, a team, a lock)";
    break;
  case wait_result::stopped:
    answer.status = trial_status::crashed;
    answer.reason = "stopped its process (SIGSTOP)";
    break;
  case wait_result::garbage:
    answer.status = trial_status::crashed;
    answer.reason = "wrote to the worker's descriptors";
    break;
  case wait_result::died:
    // The socket may have been closed by a process that lives on.
    if (wait_for_end(1.0)) {
      death found = explain_death(end_, channels_);
      answer.status = found.status;
      answer.reason = std::move(found.reason);
    } else {
      answer.status = trial_status::crashed;
      answer.reason = "closed the worker's descriptors";
    }
    break;
  }
  stop();
  return answer;
}

// Leaves a dead worker uncollected, so that its process id and group stay ours until stop().
bool supervisor::wait_for_end(double limit_s) {
  const steady::time_point deadline = deadline_after(limit_s);
  pollfd waiting{pidfd_, POLLIN, 0};
  for (;;) {
    siginfo_t info{};
    const int answer = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (answer == 0 && info.si_pid == pid_) {
      end_ = {.known = true, .code = info.si_code, .status = info.si_status};
      return true;
    }
    // The program ignores SIGCHLD or collects all children itself. The process may still be going.
    if (answer != 0 && errno == ECHILD && ::kill(pid_, 0) != 0)
      return true;
    // A sandbox may forbid waitid().
    if (answer != 0 && errno != ECHILD && errno != EINTR && waiting.revents != 0)
      return true;
    if (seconds_until(deadline) <= 0)
      return false;
    interruptible_poll(&waiting, pidfd_ < 0 ? 0 : 1,
                       std::chrono::milliseconds(pidfd_ < 0 ? 1 : 10));
  }
}

void supervisor::send(int signal, bool to_group) const {
  // A sandbox may forbid kill().
  if (::kill(to_group ? -pid_ : pid_, signal) != 0 && !to_group && pidfd_ >= 0)
    ::syscall(SYS_pidfd_send_signal, pidfd_, signal, nullptr, 0);
}

void supervisor::kill_all() const {
  // Descendants first: once the worker is gone they cannot be found any more.
  send(SIGSTOP, false);
  kill_descendants(pid_);
  send(SIGKILL, true);
  send(SIGKILL, false);
}

// LLVM's OpenMP runtime has a file for each process that uses it, and removes it when the process
// ends by itself, which a worker never does. The name is of libomp's kmp_runtime.cpp.
static void remove_openmp_file(pid_t pid) {
  ::shm_unlink(fmt::format("/__KMP_REGISTERED_LIB_{}_{}", pid, ::getuid()).c_str());
}

// A handler may jump out of here, too, while it waits for the end of the worker: what is left is
// done when the call is ended, which calls this again. Hence it is known as held until it is gone.
void supervisor::stop() {
  if (!running())
    return;
  if (owner_ != ::getpid()) {
    forget_worker();
    return;
  }
  pollfd ended{pidfd_, POLLIN, 0};
  const bool collected_by_others =
      !end_.known && pidfd_ >= 0 && ::poll(&ended, 1, 0) > 0 && ::kill(pid_, 0) != 0;
  // An id that the system may have given to another process must not be signalled.
  if (!collected_by_others) {
    kill_all();
    // SIGKILL cannot be refused, but a process in an uninterruptible system call takes its time.
    wait_for_end(10.0);
    collect_child(pid_);
  }
  remove_openmp_file(pid_);
  forget_worker();
}

void supervisor::forget_worker() {
  to_kill_ = -1;
  killed_at_once_.reset();
  pid_ = -1;
  end_ = {};
  close_descriptor(pidfd_);
  channels_.close();
  abandoned_.reset();
}

} // namespace tl::rt
