// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// soak <calls> [<seed> [<seconds>]]: so many first calls in one process, or as many as begin within
// the time, while threads of it load libraries, allocate, throw, fork and spawn, some calls are
// cancelled or jumped out of, and workers are killed, all at random. Every call must be right and
// take less than its limit; in the end there must be no process, descriptor, thread or file in
// shared memory more than before. Prints what it found; status 1 where that was anything.

#include <tl/autotune.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <pthread.h>
#include <random>
#include <set>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace fs = std::filesystem;
using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2, 4, 8});

template <config C = config{}>
[[tl::autotune(configs = steps, timeout = 5, budget = 1, rep = 2, warmup = 0)]] void
    twice(int n, const float *x, float *y) {
  std::vector<float> own(x, x + n); // variants allocate, too
  for (int i = 0; i < n; ++i)
    y[i] = 2 * own[static_cast<std::size_t>(i)];
}

/// For calls that are jumped out of: a program that does so in the middle of an allocation is lost.
template <config C = config{}>
[[tl::autotune(configs = steps, timeout = 5, budget = 1, rep = 2, warmup = 0)]] void
    plainly(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static std::atomic<bool> stop{false};
static std::atomic<int> wrong{0}, late{0}, forks{0}, kills{0}, cancelled{0}, jumps{0};
static std::atomic<long> slowest_ms{0};

/// What one first call may take, beside nine other threads and on any machine [s].
static constexpr double limit_s = 60;

class stopwatch {
public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

static void note(double seconds) {
  slowest_ms = std::max(slowest_ms.load(), static_cast<long>(seconds * 1e3));
  late += seconds > limit_s;
}

static bool call(int n) {
  std::vector<float> x(static_cast<std::size_t>(n), 3), y(x.size());
  const stopwatch watch;
  twice(n, x.data(), y.data());
  note(watch.seconds());
  return std::all_of(y.begin(), y.end(), [](float value) { return value == 6; });
}

static void in_child(int n) {
  ++forks;
  const pid_t child = fork();
  if (child == 0) {
    alarm(3 * static_cast<unsigned>(limit_s)); // it may have to wait for this process's session
    _exit(n > 0 && !call(n));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  wrong += status != 0;
}

static void cancelled_call(int n, int us) {
  pthread_t thread;
  pthread_create(
      &thread, nullptr,
      [](void *n) -> void * {
        call(static_cast<int>(reinterpret_cast<std::intptr_t>(n)));
        return nullptr;
      },
      reinterpret_cast<void *>(static_cast<std::intptr_t>(n)));
  usleep(static_cast<useconds_t>(us));
  pthread_cancel(thread);
  pthread_join(thread, nullptr);
  ++cancelled;
}

static sigjmp_buf back;
static std::vector<float> jumped_x, jumped_y;

static void allow_jumps(bool allowed) {
  sigset_t jump;
  sigemptyset(&jump);
  sigaddset(&jump, SIGUSR1);
  pthread_sigmask(allowed ? SIG_UNBLOCK : SIG_BLOCK, &jump, nullptr);
}

/// On the main thread, whose handler jumps back here. The signal is allowed only in the call.
static void interrupted_call(int n, int us) {
  jumped_x.assign(static_cast<std::size_t>(n), 3);
  jumped_y.assign(jumped_x.size(), 0);
  std::thread alarm([self = pthread_self(), us] {
    usleep(static_cast<useconds_t>(us));
    pthread_kill(self, SIGUSR1);
  });
  if (sigsetjmp(back, 1) == 0) {
    const stopwatch watch;
    allow_jumps(true);
    plainly(n, jumped_x.data(), jumped_y.data());
    note(watch.seconds());
    for (;;)
      pause(); // the signal is on its way
  }
  alarm.join();
  ++jumps;
}

static std::vector<pid_t> workers() {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto &task : fs::directory_iterator("/proc/self/task", error)) {
    std::ifstream children(task.path() / "children");
    for (pid_t child = 0; children >> child;) {
      std::string name;
      std::ifstream("/proc/" + std::to_string(child) + "/comm") >> name;
      if (name == "tl-worker")
        found.push_back(child);
    }
  }
  return found;
}

template <class Work> static std::thread always(int pause_us, Work work) {
  return std::thread([work, pause_us] {
    std::mt19937 random(std::random_device{}());
    while (!stop) {
      work(random);
      usleep(static_cast<useconds_t>(pause_us) / 2 + random() % static_cast<unsigned>(pause_us));
    }
  });
}

static std::set<std::string> names(const char *folder) {
  std::set<std::string> found;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(folder, error))
    if (std::string name = entry.path().filename().string(); !name.starts_with("__KMP"))
      found.insert(std::move(name));
  return found;
}

/// What was not there before and stays: other programs, whose files come and go, have theirs, too.
static int left_in_shared_memory(const std::set<std::string> &before) {
  std::set<std::string> left = names("/dev/shm");
  std::erase_if(left, [&](const std::string &name) { return before.contains(name); });
  for (int tries = 0; !left.empty() && tries < 50; ++tries) {
    usleep(100000);
    const std::set<std::string> now = names("/dev/shm");
    std::erase_if(left, [&](const std::string &name) { return !now.contains(name); });
  }
  return static_cast<int>(left.size());
}

struct inventory {
  int files = static_cast<int>(names("/proc/self/fd").size()),
      threads = static_cast<int>(names("/proc/self/task").size());
};

int main(int argument_count, char **arguments) {
  const int calls = argument_count > 1 ? std::atoi(arguments[1]) : 2000;
  std::mt19937 random(argument_count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 1u);
  const double most_s = argument_count > 3 ? std::atof(arguments[3]) : 1e9;
  std::signal(SIGUSR1, [](int) { siglongjmp(back, 1); });
  allow_jumps(false); // nor in any thread that begins now
  const stopwatch watch;
  call(100);
  const inventory before;
  const std::set<std::string> shared_before = names("/dev/shm");
  std::array threads = {
      always(1000, [](auto &r) { std::vector<int> some(r() % 50000); }),
      always(2000,
             [](auto &) {
               if (void *library = dlopen("libz.so.1", RTLD_NOW))
                 dlclose(library);
             }),
      always(500,
             [](auto &) {
               try {
                 throw std::runtime_error("x");
               } catch (const std::exception &) {
               }
             }),
      always(20000,
             [](auto &r) { in_child(r() % 8 == 0 ? 1000000 + static_cast<int>(r() % 5) : 0); }),
      always(20000,
             [](auto &) {
               const char *words[] = {"true", nullptr};
               pid_t child = 0;
               if (posix_spawnp(&child, "true", nullptr, nullptr, const_cast<char **>(words),
                                environ) == 0)
                 waitpid(child, nullptr, 0);
             }),
      always(400000,
             [](auto &) {
               for (const pid_t worker : workers())
                 kills += kill(worker, SIGKILL) == 0;
             }),
  };
  int made = 0;
  for (int i = 0; i < calls && watch.seconds() < most_s; ++i, ++made) {
    const int n = 4096 + i, us = static_cast<int>(random() % 100000);
    switch (random() % 16) {
    case 0:
      cancelled_call(n, us);
      break;
    case 1:
      interrupted_call(n, us);
      break;
    default:
      wrong += !call(n);
    }
    if (i % 100 == 99) {
      std::printf("%d calls, %.0f s\n", i + 1, watch.seconds());
      std::fflush(stdout);
    }
  }
  stop = true;
  for (std::thread &thread : threads)
    thread.join();
  // A first call also ends what others have left; whether there is any is looked at now and then.
  for (const int last : {200, 201, 202}) {
    usleep(1100000);
    wrong += !call(last);
  }
  jumped_x = jumped_y = {};
  int children = 0;
  while (waitpid(-1, nullptr, WNOHANG) > 0)
    ++children;
  children += errno != ECHILD;
  const inventory after;
  const int shared = left_in_shared_memory(shared_before);
  std::printf(
      "%d calls, slowest %.1f s, %d forks, %d workers killed, %d cancelled, %d jumped out of\n",
      made, static_cast<double>(slowest_ms) * 1e-3, forks.load(), kills.load(), cancelled.load(),
      jumps.load());
  std::printf("wrong %d, late %d, left: %d children, %d descriptors, %d threads, %d files in "
              "shared memory\n",
              wrong.load(), late.load(), children, after.files - before.files,
              after.threads - before.threads, shared);
  return wrong != 0 || late != 0 || children != 0 || after.files != before.files ||
         after.threads != before.threads || shared != 0;
}
