// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/descendants.h"

#include "runtime/support/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tl::rt {

static std::string link_target(const char *link) {
  char target[64];
  const ssize_t length = ::readlink(link, target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string();
}

// In a PID namespace with the /proc of another one, numbers in the two mean different processes.
static bool proc_has_our_numbers() {
  return link_target("/proc/self") == fmt::format("{}", ::getpid());
}

std::vector<std::string> threads_of(pid_t pid) {
  std::vector<std::string> threads;
  const bool self = pid == ::getpid();
  if (!self && !proc_has_our_numbers())
    return threads;
  const std::string tasks = self ? "/proc/self/task" : fmt::format("/proc/{}/task", pid);
  DIR *directory = ::opendir(tasks.c_str());
  if (!directory)
    return threads;
  while (const dirent *entry = ::readdir(directory))
    if (entry->d_name[0] != '.')
      threads.push_back(fmt::format("{}/{}", tasks, entry->d_name));
  ::closedir(directory);
  return threads;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const std::string &thread : threads_of(pid)) {
    const std::string list = read_small_file(thread + "/children");
    for (const char *at = list.c_str(); *at;) {
      char *end = nullptr;
      const long child = std::strtol(at, &end, 10);
      if (end == at)
        break;
      if (child > 0)
        children.push_back(static_cast<pid_t>(child));
      at = end;
    }
  }
  return children;
}

static void stop_and_kill(pid_t pid, int depth) {
  ::kill(pid, SIGSTOP);
  if (depth < 32)
    for (const pid_t child : children_of(pid))
      stop_and_kill(child, depth + 1);
  ::kill(pid, SIGKILL);
}

void kill_descendants(pid_t pid) {
  // Twice: what was forked during the first look, or orphaned by it, has come to `pid` since.
  for (int look = 0; look < 2; ++look)
    for (const pid_t child : children_of(pid))
      stop_and_kill(child, 0);
}

int count_own_children() {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 && errno == ECHILD)
    return 0;
  return static_cast<int>(children_of(::getpid()).size());
}

int count_own_threads() {
  // The directory has one entry for each thread, and two links of its own.
  struct stat tasks{};
  return ::stat("/proc/self/task", &tasks) == 0 ? static_cast<int>(tasks.st_nlink) - 2 : 0;
}

// The state is the first letter after the name, which is in parentheses and may hold anything.
static bool runs(const std::string &thread) {
  const std::string about = read_small_file(thread + "/stat");
  const std::size_t name_end = about.rfind(')');
  return name_end != std::string::npos && about.compare(name_end, 3, ") R") == 0;
}

bool any_thread_runs(pid_t pid) {
  const std::vector<std::string> threads = threads_of(pid);
  return std::ranges::any_of(threads, runs);
}

bool other_threads_run() {
  const std::string self = link_target("/proc/thread-self"); // "17/task/18"
  const std::string name = self.substr(self.rfind('/') + 1);
  const std::vector<std::string> threads = threads_of(::getpid());
  return std::ranges::any_of(threads, [&](const std::string &thread) {
    return !thread.ends_with("/" + name) && runs(thread);
  });
}

} // namespace tl::rt
