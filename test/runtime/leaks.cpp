// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sessions in which workers crash, hang and are replaced leave nothing behind in the program: no descriptor, no
// thread, no child, no file in shared memory. Nor does a program that is killed in the middle of one.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout 120 %t | %filecheck %s
// CHECK: sessions: nothing left behind
// CHECK-NEXT: killed: nothing left behind

#include <tl/autotune.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace tl::keywords;
namespace fs = std::filesystem;

struct config {
  int kind = 0;
};
inline constexpr auto kinds = tl::space<config>().axis(&config::kind, {0, 1, 2, 3, 4});

template <config C = config{}>
[[tl::autotune(configs = kinds, timeout = 0.5, warmup = 1, rep = 4)]]
void step(int n, float *data) {
  if (C.kind == 1)
    std::abort();
  if (C.kind == 2)
    for (;;)
      ::pause();
  if (C.kind == 3)
    std::exit(3);
  for (int i = 0; i < n; ++i)
    data[i] += 1;
}

static std::set<std::string> entries(const char *directory) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(directory, error))
    // Tests that run beside this one have LLVM's OpenMP runtime, which this one has not.
    if (const std::string name = entry.path().filename().string(); !name.starts_with("__KMP"))
      names.insert(name);
  return names;
}

/// What a process holds that it could leak.
struct holdings {
  std::size_t descriptors = entries("/proc/self/fd").size();
  std::size_t threads = entries("/proc/self/task").size();
  std::set<std::string> shared = entries("/dev/shm");
};

static bool child_left() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

static bool tune(int n) {
  float data[64] = {};
  step(n, data);
  for (int i = 0; i < 64; ++i)
    if (data[i] != (i < n ? 1 : 0))
      return false;
  return true;
}

int main() {
  bool right = tune(8); // the first session opens what stays open, the database
  const holdings before;
  for (int n = 9; n < 14; ++n)
    right = tune(n) && right;
  const holdings after;
  const bool kept = right && before.descriptors == after.descriptors && before.threads == after.threads &&
                    before.shared == after.shared && !child_left();
  std::printf("sessions: %s\n", kept ? "nothing left behind" : "something is left behind");
  if (!kept)
    std::printf("right %d, descriptors %zu to %zu, threads %zu to %zu, shared memory %zu to %zu, child %d\n", right,
                before.descriptors, after.descriptors, before.threads, after.threads, before.shared.size(),
                after.shared.size(), child_left());

  // Killed a little later each time, so in another part of the session.
  bool clean = true;
  for (int i = 0; i < 12; ++i) {
    const pid_t program = ::fork();
    if (program == 0) {
      for (int n = 20;; ++n)
        tune(n);
    }
    ::usleep(static_cast<useconds_t>(20000 + 60000 * i));
    ::kill(program, SIGKILL);
    ::waitpid(program, nullptr, 0);
  }
  // Workers learn of the death from the kernel, which takes a moment.
  for (int i = 0; i < 200 && !(clean = entries("/dev/shm") == before.shared); ++i)
    ::usleep(20000);
  std::printf("killed: %s\n", clean && !child_left() ? "nothing left behind" : "something is left behind");
}
