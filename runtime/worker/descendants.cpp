// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/descendants.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace tl::rt {

static std::string read_all(const std::string &path) {
  std::string content;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return content;
  char chunk[1024];
  for (ssize_t got; (got = ::read(file, chunk, sizeof chunk)) > 0;)
    content.append(chunk, static_cast<std::size_t>(got));
  ::close(file);
  return content;
}

// Paths of the process's threads under /proc.
static std::vector<std::string> threads_of(pid_t pid) {
  std::vector<std::string> threads;
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  DIR *directory = ::opendir(tasks.c_str());
  if (!directory)
    return threads;
  while (const dirent *entry = ::readdir(directory))
    if (entry->d_name[0] != '.')
      threads.push_back(fmt::format("{}/{}", tasks, entry->d_name));
  ::closedir(directory);
  return threads;
}

static std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const std::string &thread : threads_of(pid)) {
    const std::string list = read_all(thread + "/children");
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

bool other_threads_run() {
  const std::string self = fmt::format("/proc/{}/task/{}", ::getpid(), ::gettid());
  for (const std::string &thread : threads_of(::getpid())) {
    // The state is the first letter after the name, which is in parentheses and may hold anything.
    const std::string about = read_all(thread + "/stat");
    const std::size_t name_end = about.rfind(')');
    if (thread != self && name_end != std::string::npos && about.compare(name_end, 3, ") R") == 0)
      return true;
  }
  return false;
}

} // namespace tl::rt
