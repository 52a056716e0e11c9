// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/sleep_watch.h"

#include "runtime/support/small_file.h"
#include "runtime/worker/descendants.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <linux/futex.h>
#include <string_view>
#include <sys/syscall.h>

namespace tl::rt {

/// The address of the futex that a thread waits on without a limit in time, as the line of
/// /proc/<pid>/task/<tid>/syscall tells; 0: it does something else.
static std::uintptr_t awaited_futex(const std::string &line) {
  const char *at = line.c_str();
  char *end = nullptr;
  // "running" for a thread that does, and -1 for one that is in no system call.
  if (std::strtol(at, &end, 10) != SYS_futex || end == at)
    return 0;
  unsigned long arguments[4] = {};
  for (unsigned long &argument : arguments) {
    at = end;
    argument = std::strtoul(at, &end, 0);
    if (end == at)
      return 0;
  }
  const unsigned long operation = arguments[1] & static_cast<unsigned long>(FUTEX_CMD_MASK);
  const bool waits = operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET ||
                     operation == FUTEX_LOCK_PI || operation == FUTEX_WAIT_REQUEUE_PI;
  return waits && arguments[3] == 0 ? arguments[0] : 0;
}

/// Whether all of these lie in memory that the process shares with no other one.
static bool all_private(pid_t pid, const std::vector<std::uintptr_t> &addresses) {
  const std::string maps = read_small_file(fmt::format("/proc/{}/maps", pid));
  std::size_t found = 0;
  for (std::size_t at = 0; at < maps.size(); at = maps.find('\n', at) + 1) {
    unsigned long begin = 0, end = 0;
    char permissions[5] = "";
    if (std::sscanf(maps.c_str() + at, "%lx-%lx %4s", &begin, &end, permissions) != 3)
      return false;
    for (const std::uintptr_t address : addresses)
      if (address >= begin && address < end) {
        if (permissions[3] != 'p')
          return false;
        ++found;
      }
    if (maps.find('\n', at) == std::string::npos)
      break;
  }
  return found == addresses.size();
}

/// "voluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n": how often it came to sleep.
static std::string switches_of(const std::string &thread) {
  const std::string about = read_small_file(thread + "/status");
  const std::size_t at = about.find("voluntary_ctxt_switches");
  return at == std::string::npos ? std::string() : about.substr(at);
}

static bool ends_with(std::string_view path, pid_t id) {
  const std::string name = fmt::format("/{}", id);
  return path.ends_with(name);
}

/// Which threads sleep where, and how often they woke until now; "" when not all sleep for good.
std::string sleep_watch::picture(std::vector<std::uintptr_t> &futexes) const {
  std::string all;
  for (const std::string &thread : threads_of(pid_)) {
    if (only_ != 0 && !ends_with(thread, only_))
      continue;
    // The state is the first letter after the name, which is in parentheses and may hold anything.
    const std::string stat = read_small_file(thread + "/stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat.compare(name_end, 3, ") S") != 0)
      return {};
    const std::string call = read_small_file(thread + "/syscall");
    const std::uintptr_t futex = awaited_futex(call);
    if (futex == 0)
      return {};
    futexes.push_back(futex);
    all += thread + ' ' + call + switches_of(thread);
  }
  return all;
}

bool sleep_watch::look() {
  std::vector<std::uintptr_t> futexes;
  std::string now = picture(futexes);
  if (now.empty() || now != last_)
    same_ = 0;
  last_ = std::move(now);
  if (last_.empty() || ++same_ < looks)
    return false;
  return all_private(pid_, futexes);
}

} // namespace tl::rt
