// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/child.h"

#include "runtime/support/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace tl::rt::demand {

/// Behind the standard streams.
static constexpr int program_descriptor = 3;

/// What a compiler may need of the program's environment. Not what is preloaded, and nothing of
/// ours.
static std::vector<std::string> environment_of_child() {
  std::vector<std::string> kept{"LC_ALL=C"};
  for (const char *const name : {"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SOURCE_DATE_EPOCH"})
    if (const char *const value = ::getenv(name))
      kept.push_back(fmt::format("{}={}", name, value));
  return kept;
}

static std::vector<char *> pointers_to(const std::vector<std::string> &texts) {
  std::vector<char *> all;
  for (const std::string &it : texts)
    all.push_back(const_cast<char *>(it.c_str()));
  all.push_back(nullptr);
  return all;
}

static void limit(pid_t pid, __rlimit_resource what, rlim_t most) {
  const struct rlimit both{most, most};
  (void)::prlimit(pid, what, &both, nullptr);
}

unsigned usable_cpus() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0
             ? static_cast<unsigned>(std::max(1, CPU_COUNT(&set)))
             : 1u;
}

std::uint64_t half_of_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  constexpr std::uint64_t least = std::uint64_t(2) << 30;
  return pages > 0 && size > 0
             ? std::max(least, std::uint64_t(pages) * static_cast<std::uint64_t>(size) / 2)
             : least;
}

child::child(child &&other) noexcept { *this = std::move(other); }

child &child::operator=(child &&other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    late_ = other.late_;
    limit_s_ = other.limit_s_;
    begin_ = other.begin_;
  }
  return *this;
}

double child::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

/// Of the process group, which has what the compiler has started, too: fields 5 and 14 to 17 of
/// /proc/PID/stat, counted behind the name in parentheses.
double child::used_cpu_s() const {
  unsigned long long ticks = 0;
  DIR *const all = ::opendir("/proc");
  while (const dirent *const it = all ? ::readdir(all) : nullptr) {
    if (it->d_name[0] < '1' || it->d_name[0] > '9')
      continue;
    const std::string text = read_small_file(fmt::format("/proc/{}/stat", it->d_name));
    const std::size_t name_end = text.rfind(')');
    int group = 0;
    unsigned long long used[4] = {};
    if (name_end != std::string::npos &&
        std::sscanf(text.c_str() + name_end + 1,
                    " %*c %*d %d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &group,
                    &used[0], &used[1], &used[2], &used[3]) == 5 &&
        group == pid_)
      ticks += used[0] + used[1] + used[2] + used[3];
  }
  if (all)
    ::closedir(all);
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

bool child::is_late() const {
  constexpr double sleeps = 50, crawls = 10;
  const double took_s = seconds();
  if (took_s <= limit_s_)
    return false;
  const double used_s = used_cpu_s();
  return used_s > limit_s_ || used_s * sleeps < took_s || took_s > crawls * limit_s_;
}

bool child::start(const std::vector<std::string> &arguments, const std::string &directory,
                  const std::string &log, const child_limits &limits, std::string &error,
                  int program) {
  kill();
  const std::vector<std::string> environment = environment_of_child();
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  if (program >= 0)
    ::posix_spawn_file_actions_adddup2(&actions, program, program_descriptor);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, program_descriptor + (program >= 0));
  ::posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const std::string path =
      program < 0 ? arguments[0] : fmt::format("/proc/self/fd/{}", program_descriptor);
  const int failed = ::posix_spawn(&pid, path.c_str(), &actions, &attributes,
                                   pointers_to(arguments).data(), pointers_to(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    error = fmt::format("{} cannot be started: {}", arguments[0], error_text(failed));
    return false;
  }
  // A moment after its start; what it does first is to be loaded. Its time is limited there, too,
  // for the case that this process ends before it.
  if (limits.memory != 0)
    limit(pid, RLIMIT_AS, limits.memory);
  limit(pid, RLIMIT_FSIZE, limits.file);
  limit(pid, RLIMIT_CORE, 0);
  limit(pid, RLIMIT_CPU, static_cast<rlim_t>(2 * limits.seconds) + 1);
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), 5);
  pid_ = pid;
  late_ = false;
  limit_s_ = limits.seconds;
  begin_ = std::chrono::steady_clock::now();
  return true;
}

bool child::poll(child_end &end) {
  if (pid_ <= 0)
    return true;
  if (!late_ && is_late()) {
    late_ = true;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
  }
  int status = 0;
  pid_t found = 0;
  do
    found = ::waitpid(pid_, &status, WNOHANG);
  while (found < 0 && errno == EINTR);
  if (found == 0)
    return false;
  pid_ = -1;
  end = {};
  end.late = late_;
  end.known = found > 0;
  end.success = found > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (found > 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0)
    end.text = fmt::format("status {}", WEXITSTATUS(status));
  else if (found > 0 && WIFSIGNALED(status))
    end.text = fmt::format("signal {}", WTERMSIG(status));
  return true;
}

void child::kill() {
  if (pid_ <= 0)
    return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

} // namespace tl::rt::demand
