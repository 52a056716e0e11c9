// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/supervisor.h"

#include "runtime/worker/descendants.h"

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

using store::trial_status;
using steady = std::chrono::steady_clock;

static double seconds_until(steady::time_point deadline) {
  return std::chrono::duration<double>(deadline - steady::now()).count();
}

static steady::time_point deadline_after(double seconds) {
  return steady::now() +
         std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>(seconds));
}

static void close_descriptor(int &descriptor) {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
}

static std::string errno_text(const char *what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

static std::uint64_t make_cookie() {
  std::uint64_t cookie = 0;
  if (::getrandom(&cookie, sizeof cookie, GRND_NONBLOCK) != sizeof cookie)
    cookie =
        static_cast<std::uint64_t>(steady::now().time_since_epoch().count()) * 0x9e3779b97f4a7c15u;
  return cookie;
}

// A file that takes so much text and no more: a variant that prints for ever fills no memory. The
// worker starts it over for each request.
static int open_output() {
  const int file = ::memfd_create("tl-worker-output", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file >= 0 && (::ftruncate(file, 1 << 20) != 0 ||
                    ::fcntl(file, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)) {
    ::close(file);
    return -1;
  }
  return file;
}

status supervisor::open_channels(worker_link &link) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return status::io_error(errno_text("no socket for a worker"));
  socket_ = ends[0];
  link.socket = ends[1];
  output_ = open_output();
  box_memory_ = ::memfd_create("tl-worker-box", MFD_CLOEXEC);
  if (output_ < 0 || box_memory_ < 0 || ::ftruncate(box_memory_, sizeof(black_box)) != 0)
    return status::io_error(errno_text("no memory to share with a worker"));
  void *box =
      ::mmap(nullptr, sizeof(black_box), PROT_READ | PROT_WRITE, MAP_SHARED, box_memory_, 0);
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

status supervisor::start(double limit_s) {
  if (running())
    return status::ok();
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
    return status::io_error(fmt::format("no worker process: {}", std::strerror(error)));
  }
  // Also done by the worker itself: whoever comes first, it is done before either goes on.
  ::setpgid(pid_, pid_);
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  worker_request hello{};
  hello.kind = request_kind::hello;
  const worker_answer answer = ask(hello, limit_s);
  if (!answer.replied)
    return status::io_error("the worker did not start: " + answer.reason);
  return status::ok();
}

// How much longer the worker may take before it is late.
double supervisor::allowed_s(double limit_s, double waited_s) const {
  /// Comparing gigabytes takes its time. Not without end: a variant may have damaged what we use
  /// for it.
  constexpr double looking_s = 60;
  const auto phase = static_cast<worker_phase>(__atomic_load_n(&box_->phase, __ATOMIC_ACQUIRE));
  if (phase != worker_phase::variant && phase != worker_phase::reference)
    return phase == worker_phase::checking ? limit_s + looking_s - waited_s : limit_s - waited_s;
  const std::uint64_t since = __atomic_load_n(&box_->phase_since, __ATOMIC_RELAXED);
  // The same clock as std::chrono::steady_clock's, see clock_gettime(2).
  const double ran_s = static_cast<double>(steady::now().time_since_epoch().count()) * 1e-9 -
                       static_cast<double>(since) * 1e-9;
  return limit_s - std::clamp(ran_s, 0.0, waited_s);
}

supervisor::wait_result supervisor::wait_for_reply(worker_reply &reply, std::uint32_t sequence,
                                                   double limit_s) const {
  const steady::time_point begin = steady::now();
  for (;;) {
    pollfd waiting[2] = {{socket_, POLLIN, 0}, {pidfd_, POLLIN, 0}};
    const double left = allowed_s(limit_s, -seconds_until(begin));
    // Now and then it is looked at whether the worker was stopped, which no descriptor tells.
    // Without a pidfd (a kernel before 5.3) its death is found out in the same way.
    const double tick = std::clamp(left, 0.0, pidfd_ < 0 ? 0.01 : 0.1);
    const int ready = ::poll(waiting, pidfd_ < 0 ? 1 : 2, static_cast<int>(tick * 1e3) + 1);
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
    if (allowed_s(limit_s, -seconds_until(begin)) <= 0)
      return wait_result::late;
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
    answer.reason = fmt::format("killed after {:g} s", limit_s);
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
    ::poll(&waiting, pidfd_ < 0 ? 0 : 1, pidfd_ < 0 ? 1 : 10);
  }
}

void supervisor::kill_all() const {
  // Descendants first: once the worker is gone nobody knows whose they were.
  ::kill(pid_, SIGSTOP);
  kill_descendants(pid_);
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
}

// LLVM's OpenMP runtime has a file for each process that uses it, and removes it when the process
// ends by itself, which a worker never does. The name is of libomp's kmp_runtime.cpp.
static void remove_openmp_file(pid_t pid) {
  ::shm_unlink(fmt::format("/__KMP_REGISTERED_LIB_{}_{}", pid, ::getuid()).c_str());
}

void supervisor::stop() {
  if (!running())
    return;
  pollfd ended{pidfd_, POLLIN, 0};
  const bool collected_by_others =
      !status_known_ && pidfd_ >= 0 && ::poll(&ended, 1, 0) > 0 && ::kill(pid_, 0) != 0;
  // An id that the system may have given to somebody else must not be signalled.
  if (!collected_by_others) {
    kill_all();
    // SIGKILL cannot be refused, but a process in an uninterruptible system call takes its time.
    wait_for_end(10.0);
    while (::waitpid(pid_, nullptr, WNOHANG) < 0 && errno == EINTR) {
    }
  }
  remove_openmp_file(pid_);
  pid_ = -1;
  status_known_ = false;
  close_channels();
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
