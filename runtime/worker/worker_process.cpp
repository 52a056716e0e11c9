// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/worker_process.h"

#include "runtime/support/allocator.h"
#include "runtime/support/callers_team.h"
#include "runtime/support/process_role.h"
#include "runtime/support/roomy_stack.h"
#include "runtime/support/sanitizer.h"
#include "runtime/support/small_file.h"
#include "runtime/support/thread_guard.h"
#include "runtime/worker/birth_map.h"
#include "runtime/worker/crash_handlers.h"
#include "runtime/worker/fresh_heap.h"
#include "runtime/worker/loaded_images.h"
#include "runtime/worker/loader_lock.h"
#include "runtime/worker/process_state.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <exception>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tl::rt {
namespace {

/// What the variants' thread takes over from the thread that makes the call. Looked up before the
/// fork: the loader may be locked in the worker.
struct caller_traits {
  thread_state state;
  std::size_t stack_bytes = 0;
  int omp_threads = 0; ///< what the thread would use, 0: there is no OpenMP
  void (*set_omp_threads)(int) = nullptr;
  bool other_allocator = false; ///< malloc() is not that of libc
  image_list images;
};

/// All that a worker knows about itself. One per process, hence static; written before any variant
/// runs.
struct worker_self {
  black_box *box = nullptr;
  int socket = -1;
  ino_t socket_inode = 0;
  pid_t pid = 0;
  std::uint64_t cookie = 0;
  const handler_factory *make_handler = nullptr;
  caller_traits caller;
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

static void redirect_standard_streams(const worker_link &link) {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(link.output, STDOUT_FILENO) < 0 ||
      ::dup2(link.output, STDERR_FILENO) < 0)
    fail_setup("no standard streams for a worker");
  if (null > STDERR_FILENO)
    ::close(null);
}

// What a fork has inherited. A variant must not move the program's file offsets, hold its locks, or
// keep its pipes open.
static void close_descriptors(const worker_link &link, std::span<const int> keep) {
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

// Real-time classes run until they sleep: a variant that never does would keep the supervisor,
// which alone can end it, from running on the same processor.
static void stay_below_supervisor() {
  const int policy = ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
  sched_param parameter{};
  if ((policy == SCHED_FIFO || policy == SCHED_RR) && ::sched_getparam(0, &parameter) == 0) {
    if (--parameter.sched_priority >= ::sched_get_priority_min(policy))
      ::sched_setscheduler(0, policy, &parameter);
    else
      ::sched_setscheduler(0, SCHED_OTHER, &(parameter = {}));
  }
  // And one that gives itself such a class is ended by the system.
  constexpr rlim_t most_us = 60 * 1000000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_RTTIME, &limit) == 0 && limit.rlim_max > most_us) {
    limit = {most_us, most_us};
    ::setrlimit(RLIMIT_RTTIME, &limit);
  }
}

// The program's processor time does not count here, but its limits do: only the hard ones.
static void raise_soft_limits() {
  for (const auto what : {RLIMIT_CPU, RLIMIT_FSIZE}) {
    rlimit limit{};
    if (::getrlimit(what, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
      limit.rlim_cur = limit.rlim_max;
      ::setrlimit(what, &limit);
    }
  }
}

static void set_up_process(const worker_link &link) {
  self.box = link.box;
  self.socket = link.socket;
  self.cookie = link.cookie;
  self.pid = ::getpid();
  become_worker();
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // 0: in a PID namespace of its own, from where the parent cannot be seen.
  if (const pid_t parent = ::getppid(); parent != link.parent && parent != 0)
    end_worker(worker_end::parent_gone);
  stay_below_supervisor();
  raise_soft_limits();
  // Orphans of what a variant forks come to this process, so that they can be found and killed.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "tl-worker");
  if (::on_exit(on_exit_called, nullptr) != 0 || ::at_quick_exit(on_quick_exit) != 0)
    fail_setup("no exit handler for a worker");
  be_first_to_die();
  redirect_standard_streams(link);
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
    reply.code = static_cast<std::int32_t>(trial_status::harness_error);
    reply.set_text(error.what());
    reply.tainted = 1;
  }
}

[[noreturn]] static void serve() {
  enter_phase(worker_phase::checking); // from here on it may take its time
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

/// What the last thread that was made for the variants does: 0: not known yet.
static std::atomic<int> thread_use{0};
static constexpr int thread_sleeps = 1, thread_serves = 2, sleeper_takes_over = 3;

/// Makes a thread whose stack is new memory. The C library would give it the stack of a thread that
/// the fork left behind: memory that the program had at the call, and in which a change counts as
/// one by the variant. 0, or an errno value.
static int create_thread(pthread_t &thread, std::size_t stack_bytes, std::size_t guard_bytes,
                         void *(*run)(void *), void *argument) {
  void *const stack = ::mmap(nullptr, stack_bytes + guard_bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED)
    return errno;
  ::mprotect(stack, guard_bytes, PROT_NONE);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  int error = ::pthread_attr_setstack(&attributes, static_cast<std::byte *>(stack) + guard_bytes,
                                      stack_bytes);
  if (error == 0)
    error = ::pthread_create(&thread, &attributes, run, argument);
  ::pthread_attr_destroy(&attributes);
  if (error != 0)
    ::munmap(stack, stack_bytes + guard_bytes);
  return error;
}

/// How many threads have taken a heap of others.
static std::atomic<int> heaps_taken{0};

static void *take_heap(void *) {
  has_fresh_heap();
  ++heaps_taken;
  heaps_taken.notify_all();
  for (;;)
    thread_use.wait(thread_use.load());
  return nullptr;
}

// So that the variants' thread gets a heap of its own at the first try. All at once: on a busy
// machine each thread takes its time to run at all.
static void take_heaps(int count) {
  constexpr std::size_t stack_bytes = std::size_t(64) << 10, guard_bytes = 4096;
  int made = 0;
  pthread_t thread;
  while (made < count && create_thread(thread, stack_bytes, guard_bytes, take_heap, nullptr) == 0)
    ++made;
  for (int now = heaps_taken.load(); now < made; now = heaps_taken.load())
    heaps_taken.wait(now);
}

[[noreturn]] static void serve_as_caller() {
  thread_use.store(thread_serves);
  thread_use.notify_all();
  // The mask not by the thread's attributes: sanitizers set the creator's after that.
  adopt_state(self.caller.state);
  install_crash_handlers();
  if (self.caller.omp_threads > 0 && self.caller.set_omp_threads)
    self.caller.set_omp_threads(self.caller.omp_threads);
  serve();
}

/// Whether the thread that a thread with a heap of its own makes has one too: 0: not known yet.
static std::atomic<int> successor_use{0};
static constexpr int successor_serves = 1, successor_sleeps = 2;

static void *successor_thread(void *) {
  const bool serves = has_fresh_heap() && has_fresh_thread_vector();
  successor_use.store(serves ? successor_serves : successor_sleeps);
  successor_use.notify_all();
  if (serves)
    serve_as_caller();
  for (;;)
    successor_use.wait(successor_sleeps);
}

// The C library takes a new thread's vector from the heap of the thread that makes it, here the
// program's: a thread that was made by one with a heap of its own has nothing there.
static void hand_over(std::size_t stack_bytes, std::size_t guard_bytes) {
  pthread_t successor;
  if (create_thread(successor, stack_bytes, guard_bytes, successor_thread, nullptr) != 0)
    return;
  successor_use.wait(0);
  while (successor_use.load() == successor_serves)
    successor_use.wait(successor_serves);
}

/// What a thread for the variants is made with.
struct variant_stack {
  std::size_t bytes, guard_bytes;
  bool last_try;
};

static void *variant_thread(void *made_with) {
  const variant_stack stack = *static_cast<const variant_stack *>(made_with);
  if (!stack.last_try && !has_fresh_heap()) {
    // This one keeps the heap, so that the next gets another.
    thread_use.store(thread_sleeps);
    thread_use.notify_all();
    for (int now = thread_sleeps;; thread_use.wait(now), now = thread_use.load())
      if (now == sleeper_takes_over && thread_use.compare_exchange_strong(now, thread_serves))
        break;
  } else if (!stack.last_try && !has_fresh_thread_vector()) {
    hand_over(stack.bytes, stack.guard_bytes);
  }
  serve_as_caller();
}

/// Stack of the thread that runs variants: what the calling thread has, and no less than the main
/// thread may use. Only addresses are taken; memory when it is touched.
static std::size_t variant_stack_bytes() {
  constexpr std::size_t least = std::size_t(8) << 20, most = std::size_t(16) << 30;
  const thread_stack own = thread_stack::of_caller();
  rlimit limit{};
  std::size_t bytes = own.end - own.begin;
  if (::getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    bytes = std::max<std::size_t>(bytes, limit.rlim_cur);
  return std::clamp(bytes, least, most) / 4096 * 4096;
}

// Why there is no thread for the variants: 0, or an errno value.
static int create_variant_thread(pthread_t &thread, bool last_try) {
  constexpr std::size_t least = std::size_t(256) << 10, guard_bytes = std::size_t(64) << 10;
  int error = 0;
  for (std::size_t bytes = self.caller.stack_bytes; bytes >= least; bytes = bytes / 8192 * 4096) {
    static variant_stack stack;
    stack = {bytes, guard_bytes, last_try};
    thread_use.store(0);
    error = create_thread(thread, bytes, guard_bytes, variant_thread, &stack);
    if (error == 0)
      return 0;
  }
  return error;
}

[[noreturn]] static void run_worker(const caller_traits &caller) {
  reset_signal_handlers();
  self.caller = caller; // whose images stay where they are
  for (const int signal : crash_signals)
    sigdelset(&self.caller.state.mask, signal);
  if (under_thread_sanitizer()) {
    serve_as_caller();
  }
  // Signals for the whole process are for the variant's thread; this one sleeps, so that its stack,
  // where the caller's variables are, changes only by what the variant does.
  pthread_t thread{};
  constexpr int most_tries = 64;
  if (!self.caller.other_allocator && !under_sanitizer())
    take_heaps(std::min(count_inherited_heaps(), most_tries));
  int error = 0;
  for (int i = 0; i < most_tries; ++i) {
    error = create_variant_thread(thread, i + 1 == most_tries || self.caller.other_allocator ||
                                              under_sanitizer());
    if (error != 0 && i > 0) {
      // No more threads are allowed: then one that has a heap of others has to do.
      error = 0;
      thread_use.store(sleeper_takes_over);
      thread_use.notify_all();
      thread_use.wait(sleeper_takes_over);
    } else if (error == 0) {
      thread_use.wait(0);
    }
    if (error != 0 || thread_use.load() == thread_serves)
      break;
  }
  if (error != 0) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "no thread for a worker: %s (limits on processes or memory: ulimit -u, -v)",
                  error_text(error));
    fail_setup(text);
  }
  ::pthread_join(thread, nullptr);
  end_worker(worker_end::thread_ended);
}

static caller_traits look_at_caller() {
  caller_traits caller;
  caller.state = callers_state();
  caller.stack_bytes = variant_stack_bytes();
  // A setting of the calling thread that a new thread does not inherit: how many threads an OpenMP
  // region of the caller would use.
  if (const auto get = reinterpret_cast<int (*)()>(::dlsym(RTLD_DEFAULT, "omp_get_max_threads")))
    caller.omp_threads = get();
  // Inside of a region: as many as it has, for a factory that makes one like it.
  if (const int team = callers_team(); team > 1)
    caller.omp_threads = team;
  caller.set_omp_threads =
      reinterpret_cast<void (*)(int)>(::dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  caller.other_allocator = has_foreign_allocator();
  caller.images = list_images();
  look_for_sanitizers();
  return caller;
}

std::string obstacle_to_fork() {
  if (loader_is_stuck())
    return loader_is_stuck_text;
  struct stat about{};
  if (::stat("/proc/thread-self/ns/pid", &about) == 0 &&
      ::stat("/proc/thread-self/ns/pid_for_children", &about) != 0 && errno == ENOENT)
    return "the program has called unshare(CLONE_NEWPID) and not forked since: a worker would be "
           "the first process of the new PID namespace, which ends with it";
  return {};
}

pid_t fork_worker(const worker_link &link, std::span<const int> keep,
                  const handler_factory &make_handler, const std::function<void()> &first) {
  const caller_traits caller = look_at_caller();
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) {
    note_birth_map();
    if (first)
      first();
    self.make_handler = &make_handler;
    note_images(caller.images);
    set_up_process(link);
    close_descriptors(link, keep);
    run_worker(caller);
  }
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

void serve_as_worker(const worker_link &link, const handler_factory &make_handler) {
  caller_traits caller;
  caller.state = callers_state();
  sigemptyset(&caller.state.mask);
  caller.stack_bytes = variant_stack_bytes();
  note_birth_map();
  self.make_handler = &make_handler;
  set_up_process(link);
  run_worker(caller);
}

} // namespace tl::rt
