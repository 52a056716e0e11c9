// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/supervisor.h"

#include "runtime/support/signal_guard.h"
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
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/random.h>
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

static void close_descriptor(int &descriptor) {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
}

static std::string errno_text(const char *what) {
  return fmt::format("{}: {}", what, error_text(errno));
}

static std::uint64_t make_cookie() {
  std::uint64_t cookie = 0;
  if (::getrandom(&cookie, sizeof cookie, GRND_NONBLOCK) != sizeof cookie)
    cookie =
        static_cast<std::uint64_t>(steady::now().time_since_epoch().count()) * 0x9e3779b97f4a7c15u;
  return cookie;
}

// A file that takes so much text and no more: a variant that prints for ever fills no memory. The
// worker starts it over for each request. Where there can be no such file, what a worker says is
// lost, and nothing else.
static int open_output() {
  constexpr off_t most = 1 << 20;
  const int file = open_unnamed_file("tl-worker-output", MFD_ALLOW_SEALING);
  if (file >= 0 && ::ftruncate(file, most) == 0 &&
      ::fcntl(file, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
    return file;
  if (file >= 0)
    ::close(file);
  return above_standard_streams(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

/// Memory that a forked worker has in common with us. `file`: for other workers; -1 where the
/// system gives no memory files (an old kernel, a sandbox, a limit on the size of files).
static void *map_box(int &file) {
  file = open_unnamed_file("tl-worker-box");
  if (file >= 0 && ::ftruncate(file, sizeof(black_box)) != 0)
    close_descriptor(file);
  const int flags = file >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
  return ::mmap(nullptr, sizeof(black_box), PROT_READ | PROT_WRITE, flags, file, 0);
}

status supervisor::open_channels(worker_link &link) {
  const write_signal_guard no_signals; // of files that must not be so large
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return status::io_error(errno_text("no socket for a worker"));
  socket_ = above_standard_streams(ends[0]);
  link.socket = above_standard_streams(ends[1]);
  output_ = open_output();
  if (socket_ < 0 || link.socket < 0 || output_ < 0)
    return status::io_error(errno_text("no descriptors for a worker"));
  void *box = map_box(box_memory_);
  if (box == MAP_FAILED)
    return status::io_error(errno_text("no memory to share with a worker"));
  box_ = static_cast<black_box *>(box);
  cookie_ = make_cookie();
  link.output = output_;
  link.box = box_;
  link.box_memory = box_memory_;
  link.cookie = cookie_;
  link.parent = ::getpid();
  return status::ok();
}

void supervisor::close_channels() {
  close_descriptor(pidfd_);
  close_descriptor(socket_);
  close_descriptor(output_);
  close_descriptor(box_memory_);
  if (box_)
    ::munmap(box_, sizeof(black_box));
  box_ = nullptr;
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
  link.socket = -1;
  if (status opened = open_channels(link); !opened) {
    close_descriptor(link.socket);
    close_channels();
    return opened;
  }
  pid_ = birth_(link);
  const int error = errno;
  close_descriptor(link.socket);
  if (pid_ <= 0) {
    pid_ = -1;
    close_channels();
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

status supervisor::start(double limit_s) {
  if (running())
    return status::ok();
  /// A thread that does nothing but load libraries holds the loader's lock most of the time.
  constexpr int most_births = 8, most_late = 2;
  for (int births = 1, late = 0;; ++births) {
    if (status born = give_birth(); !born)
      return born;
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

bool supervisor::is_starting() const {
  return __atomic_load_n(&box_->phase, __ATOMIC_ACQUIRE) ==
         static_cast<std::uint32_t>(worker_phase::starting);
}

// How much longer the worker may take before it is late.
double supervisor::allowed_s(double limit_s, double waited_s) const {
  /// Comparing gigabytes takes its time. Not without end: a variant may have damaged what we use
  /// for it.
  constexpr double looking_s = 60;
  /// Nothing of size happens before that; some locks are waited for by spinning.
  constexpr double starting_s = 10;
  const auto phase = static_cast<worker_phase>(__atomic_load_n(&box_->phase, __ATOMIC_ACQUIRE));
  if (phase == worker_phase::starting)
    return std::min(limit_s, starting_s) - waited_s;
  if (phase != worker_phase::variant && phase != worker_phase::reference)
    return phase == worker_phase::checking ? limit_s + looking_s - waited_s : limit_s - waited_s;
  const std::uint64_t since = __atomic_load_n(&box_->phase_since, __ATOMIC_RELAXED);
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
    pollfd waiting[2] = {{socket_, POLLIN, 0}, {pidfd_, POLLIN, 0}};
    const double left = std::min({allowed_s(limit, -seconds_until(begin)), seconds_until(next_look),
                                  seconds_until(deadline_)});
    // Now and then it is looked at whether the worker was stopped, which no descriptor tells.
    // Without a pidfd (a kernel before 5.3) its death is found out in the same way.
    const double tick = std::clamp(left, 0.0, pidfd_ < 0 ? 0.01 : 0.1);
    const int ready = interruptible_poll(
        waiting, pidfd_ < 0 ? 1 : 2,
        std::chrono::nanoseconds(static_cast<std::int64_t>(tick * 1e9) + 100000));
    if (ready > 0 && (waiting[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      const ssize_t got = ::recv(socket_, &reply, sizeof reply, MSG_DONTWAIT | MSG_TRUNC);
      if (got == static_cast<ssize_t>(sizeof reply) && reply.cookie == cookie_ &&
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

worker_answer supervisor::ask(worker_request request, double limit_s) {
  worker_answer answer;
  if (!running()) {
    answer.reason = "there is no worker";
    return answer;
  }
  request.cookie = cookie_;
  request.sequence = ++sequence_;
  wait_result result = wait_result::died;
  if (::send(socket_, &request, sizeof request, MSG_NOSIGNAL) == sizeof request)
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
      explain_death(answer);
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
  for (;;) {
    siginfo_t info{};
    const int answer = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (answer == 0 && info.si_pid == pid_) {
      status_known_ = true;
      end_code_ = info.si_code;
      end_status_ = info.si_status;
      return true;
    }
    // The program ignores SIGCHLD or collects all children itself. The process may still be going.
    if (answer != 0 && errno == ECHILD && ::kill(pid_, 0) != 0)
      return true;
    if (seconds_until(deadline) <= 0)
      return false;
    pollfd waiting{pidfd_, POLLIN, 0};
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
      !status_known_ && pidfd_ >= 0 && ::poll(&ended, 1, 0) > 0 && ::kill(pid_, 0) != 0;
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
  status_known_ = false;
  close_channels();
  abandoned_.reset();
}

std::string supervisor::last_output() const {
  char tail[4096];
  const off_t end = ::lseek(output_, 0, SEEK_CUR);
  if (end <= 0)
    return {};
  const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(sizeof tail));
  const ssize_t got = ::pread(output_, tail, sizeof tail, begin);
  if (got <= 0)
    return {};
  std::string_view text(tail, static_cast<std::size_t>(got));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0'))
    text.remove_suffix(1);
  // What libstdc++ prints for an exception takes two lines; a sanitizer's summary is not the last
  // one.
  std::size_t first = text.rfind("terminate called");
  if (first == std::string_view::npos) {
    first = text.rfind("SUMMARY: ");
    if (first == std::string_view::npos)
      first = text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1;
    text = text.substr(0, text.find('\n', first));
  }
  text.remove_prefix(first);
  std::string line;
  for (const char c : text.substr(0, 300)) {
    const bool blank = c == '\n' || c == ' ' || c == '\t';
    if (blank && !line.empty() && line.back() == ' ')
      continue;
    if (blank)
      line += ' ';
    else if (static_cast<unsigned char>(c) >= 0x20)
      line += c;
  }
  return line;
}

std::string signal_text(int signal) {
  static constexpr std::pair<int, const char *> names[] = {
      {SIGSEGV, "segmentation fault"},
      {SIGBUS, "bus error"},
      {SIGFPE, "arithmetic error"},
      {SIGILL, "illegal instruction"},
      {SIGABRT, "abort"},
      {SIGKILL, "killed"},
      {SIGTRAP, "trap"},
      {SIGSYS, "bad system call"},
      {SIGTERM, "terminated"},
      {SIGXCPU, "CPU time limit"},
      {SIGALRM, "alarm"},
  };
  for (const auto &[number, name] : names)
    if (number == signal)
      return fmt::format("signal {} ({})", signal, name);
  const char *abbreviation = ::sigabbrev_np(signal);
  return abbreviation ? fmt::format("signal {} (SIG{})", signal, abbreviation)
                      : fmt::format("signal {}", signal);
}

bool supervisor::killed_by_signal() const {
  return status_known_ && (end_code_ == CLD_KILLED || end_code_ == CLD_DUMPED);
}

void supervisor::explain_signal(worker_answer &answer, int signal) const {
  answer.status = trial_status::crashed;
  answer.reason = signal_text(signal);
  if (signal == SIGKILL)
    answer.reason += ", by itself or for want of memory";
}

void supervisor::explain_exit(worker_answer &answer) const {
  const auto end = static_cast<worker_end>(box_->end);
  answer.status = trial_status::crashed;
  switch (end) {
  case worker_end::signal:
    answer.reason = signal_text(box_->signal);
    if (box_->stack_overflow != 0)
      answer.reason = "stack overflow, " + answer.reason;
    if (box_->signal == SIGFPE && box_->code == FPE_INTDIV)
      answer.reason += ", integer division by zero";
    else if (box_->code > 0 && (box_->signal == SIGSEGV || box_->signal == SIGBUS))
      answer.reason += fmt::format(" at address {:#x}", box_->address);
    return;
  case worker_end::exit_called:
    answer.status = trial_status::exited;
    answer.reason = fmt::format("called exit({})", box_->exit_status);
    return;
  case worker_end::thread_ended:
    answer.status = trial_status::exited;
    answer.reason = "ended its thread (pthread_exit)";
    return;
  case worker_end::descriptors_closed:
    answer.reason = "closed the worker's descriptors";
    return;
  case worker_end::parent_gone:
    answer.status = trial_status::harness_error;
    answer.reason = "the program went away";
    return;
  case worker_end::setup_failed:
    answer.status = trial_status::harness_error;
    answer.reason = std::string(box_->text, ::strnlen(box_->text, sizeof box_->text));
    return;
  case worker_end::unknown:
    break;
  }
  answer.status = trial_status::exited;
  if (!status_known_)
    answer.reason =
        "its process ended; how is not known, since the program collects its children itself";
  else
    answer.reason = fmt::format("called _exit({})", end_status_);
  // The way in which sanitizers end a process.
  constexpr std::string_view summary = "SUMMARY: ";
  if (const std::string output = last_output(); output.starts_with(summary)) {
    answer.status = trial_status::crashed;
    answer.reason = output.substr(summary.size());
  }
}

void supervisor::explain_death(worker_answer &answer) const {
  const auto end = static_cast<worker_end>(box_->end);
  if (killed_by_signal())
    explain_signal(answer, end_status_);
  else
    explain_exit(answer);
  const bool text_helps =
      answer.status == trial_status::crashed
          ? (end == worker_end::signal &&
             (box_->signal == SIGABRT || box_->signal == SIGTRAP || box_->signal == SIGILL)) ||
                (killed_by_signal() && end_status_ == SIGABRT)
          : end == worker_end::unknown && answer.status == trial_status::exited;
  if (text_helps)
    if (const std::string output = last_output(); !output.empty())
      answer.reason += ": " + output;
}

} // namespace tl::rt
