// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/worker_process.h"

#include "runtime/support/process_role.h"
#include "runtime/worker/crash_handlers.h"
#include "runtime/worker/process_state.h"
#include "runtime/worker/sanitizer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <exception>
#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tl::rt {
namespace {

/// All that a worker knows about itself. One per process, hence static; written before any variant
/// runs.
struct worker_self {
  black_box *box = nullptr;
  int socket = -1;
  ino_t socket_inode = 0;
  pid_t pid = 0;
  std::uint64_t cookie = 0;
  const handler_factory *make_handler = nullptr;
  int omp_threads = 0; ///< what the caller's thread would use, 0: there is no OpenMP
};

} // namespace

static worker_self self;

void enter_phase(worker_phase phase) noexcept {
  if (!self.box)
    return;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::uint64_t ns = static_cast<std::uint64_t>(now.tv_sec) * 1000000000u +
                           static_cast<std::uint64_t>(now.tv_nsec);
  __atomic_store_n(&self.box->phase_since, ns, __ATOMIC_RELAXED);
  __atomic_store_n(&self.box->phase, static_cast<std::uint32_t>(phase), __ATOMIC_RELEASE);
}

black_box *own_black_box() noexcept { return self.box; }

void end_worker(worker_end end) noexcept {
  if (self.box) {
    std::uint32_t none = 0;
    __atomic_compare_exchange_n(&self.box->end, &none, static_cast<std::uint32_t>(end), false,
                                __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  }
  ::_exit(worker_exit_status);
}

void leave_if_forked() noexcept {
  if (self.box && ::getpid() != self.pid)
    ::_exit(0);
}

// The program's destructors, atexit handlers and unwritten output are the parent's business.
static void on_exit_called(int exit_status, void *) {
  // A process that the variant forked ends in its own way.
  if (::getpid() != self.pid)
    ::_exit(exit_status);
  if (self.box && self.box->end == 0)
    self.box->exit_status = exit_status;
  end_worker(worker_end::exit_called);
}

static void on_quick_exit() { on_exit_called(0, nullptr); }

[[noreturn]] static void fail_setup(const char *text) {
  if (self.box)
    std::snprintf(self.box->text, sizeof self.box->text, "%s", text);
  end_worker(worker_end::setup_failed);
}

static bool close_range_of(unsigned first, unsigned last) {
  return first > last || ::syscall(SYS_close_range, first, last, 0u) == 0;
}

// A variant must not move the program's file offsets, hold its locks, or keep its pipes open.
static void close_descriptors(const worker_link &link, std::span<const int> keep) {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(link.output, STDOUT_FILENO) < 0 ||
      ::dup2(link.output, STDERR_FILENO) < 0)
    fail_setup("no standard streams for a worker");
  std::array<int, 18> kept{};
  std::size_t count = 0;
  kept[count++] = STDERR_FILENO;
  kept[count++] = link.socket;
  for (const int descriptor : keep)
    if (descriptor > STDERR_FILENO && count < kept.size())
      kept[count++] = descriptor;
  std::sort(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count));
  bool closed = true;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned last = i + 1 < count ? static_cast<unsigned>(kept[i + 1]) - 1 : UINT_MAX;
    closed = closed && close_range_of(static_cast<unsigned>(kept[i]) + 1, last);
  }
  if (closed)
    return;
  // A kernel before 5.9.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  for (int descriptor = STDERR_FILENO + 1; descriptor < end; ++descriptor)
    if (std::find(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(count), descriptor) ==
        kept.begin() + static_cast<std::ptrdiff_t>(count))
      ::close(descriptor);
}

static void be_first_to_die() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file >= 0) {
    [[maybe_unused]] const ssize_t written = ::write(file, "1000", 4);
    ::close(file);
  }
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

static void set_up_process(const worker_link &link, std::span<const int> keep) {
  self.box = link.box;
  self.socket = link.socket;
  self.cookie = link.cookie;
  self.pid = ::getpid();
  become_worker();
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != link.parent)
    end_worker(worker_end::parent_gone);
  // Orphans of what a variant forks come to this process, so that they can be found and killed.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "tl-worker");
  if (::on_exit(on_exit_called, nullptr) != 0 || ::at_quick_exit(on_quick_exit) != 0)
    fail_setup("no exit handler for a worker");
  be_first_to_die();
  close_descriptors(link, keep);
  struct stat socket_status{};
  ::fstat(self.socket, &socket_status);
  self.socket_inode = socket_status.st_ino;
}

bool socket_intact() noexcept {
  struct stat now{};
  return ::fstat(self.socket, &now) == 0 && now.st_ino == self.socket_inode;
}

static void start_output_over() { ::lseek(STDERR_FILENO, 0, SEEK_SET); }

static void handle_guarded(request_handler &handler, const worker_request &request,
                           worker_reply &reply) {
  try {
    handler.handle(request, reply);
  } catch (const std::exception &error) {
    reply.status = static_cast<std::int32_t>(store::trial_status::harness_error);
    reply.set_text(error.what());
    reply.tainted = 1;
  }
}

static void serve() {
  remember_process_state();
  std::string error;
  const std::unique_ptr<request_handler> handler = (*self.make_handler)(error);
  if (!handler)
    fail_setup(error.c_str());
  for (;;) {
    enter_phase(worker_phase::idle);
    worker_request request{};
    const ssize_t got = ::recv(self.socket, &request, sizeof request, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got != sizeof request || request.cookie != self.cookie)
      ::_exit(worker_exit_status);
    start_output_over();
    worker_reply reply{};
    if (request.kind != request_kind::hello)
      handle_guarded(*handler, request, reply);
    if (!socket_intact())
      end_worker(worker_end::descriptors_closed);
    reply.cookie = request.cookie;
    reply.sequence = request.sequence;
    if (::send(self.socket, &reply, sizeof reply, MSG_NOSIGNAL) != sizeof reply)
      end_worker(worker_end::descriptors_closed);
  }
}

static void *variant_thread(void *mask) {
  // Not by the thread's attributes: sanitizers set the creator's mask after that.
  ::pthread_sigmask(SIG_SETMASK, static_cast<const sigset_t *>(mask), nullptr);
  install_crash_handlers();
  if (self.omp_threads > 0)
    if (const auto set =
            reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads")))
      set(self.omp_threads);
  serve();
  return nullptr;
}

// Stack of the thread that runs variants: what the program's main thread may use.
static std::size_t variant_stack_bytes() {
  constexpr std::size_t least = std::size_t(8) << 20, most = std::size_t(256) << 20;
  rlimit limit{};
  if (::getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return least;
  return std::clamp<std::size_t>(limit.rlim_cur, least, most);
}

[[noreturn]] static void run_worker(const worker_link &link, std::span<const int> keep,
                                    const sigset_t &callers_mask) {
  set_up_process(link, keep);
  reset_signal_handlers();
  sigset_t mask = callers_mask;
  for (const int signal : crash_signals)
    sigdelset(&mask, signal);
  if (under_thread_sanitizer()) {
    variant_thread(&mask);
    ::_exit(worker_exit_status);
  }
  // Signals for the whole process are for the variant's thread; this one sleeps, so that its stack,
  // where the caller's variables are, changes only by what the variant does.
  pthread_attr_t attributes;
  pthread_t thread;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, variant_stack_bytes());
  ::pthread_attr_setguardsize(&attributes, std::size_t(64) << 10);
  if (::pthread_create(&thread, &attributes, variant_thread, &mask) != 0)
    fail_setup("no thread for a worker");
  ::pthread_join(thread, nullptr);
  end_worker(worker_end::thread_ended);
}

// How many threads an OpenMP region of the caller would use: a setting of the calling thread that a
// new thread does not inherit.
static int callers_omp_threads() {
  const auto get = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
  return get ? get() : 0;
}

pid_t fork_worker(const worker_link &link, std::span<const int> keep,
                  const handler_factory &make_handler) {
  const int omp_threads = callers_omp_threads();
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) {
    self.make_handler = &make_handler;
    self.omp_threads = omp_threads;
    run_worker(link, keep, before);
  }
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

void serve_as_worker(const worker_link &link, std::span<const int> keep,
                     const handler_factory &make_handler) {
  sigset_t mask;
  sigemptyset(&mask);
  self.make_handler = &make_handler;
  run_worker(link, keep, mask);
}

} // namespace tl::rt
