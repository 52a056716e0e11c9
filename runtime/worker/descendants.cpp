// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/descendants.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <string>
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

static std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  DIR *directory = ::opendir(tasks.c_str());
  if (!directory)
    return children;
  while (const dirent *entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.')
      continue;
    const std::string list = read_all(fmt::format("{}/{}/children", tasks, entry->d_name));
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
  ::closedir(directory);
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

int count_own_children() { return static_cast<int>(children_of(::getpid()).size()); }

} // namespace tl::rt
