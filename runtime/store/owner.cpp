// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/owner.h"

#include "runtime/support/safe_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::store {

/// First bytes of a small file, "" when it cannot be read.
static std::string read_small_file(const char *path) {
  const int fd = open_safely(path, O_RDONLY, file_sort::stream);
  if (fd < 0)
    return {};
  char text[1024];
  const ssize_t size = ::read(fd, text, sizeof text);
  ::close(fd);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

namespace {
struct process_state {
  bool known = false;  ///< /proc could be read
  bool zombie = false; ///< dead, but its parent has not asked yet
  std::string start;   ///< when it started [clock ticks since boot]
};
} // namespace

/// Fields 3 (state) and 22 (start time) of /proc/PID/stat, proc(5). The name, field 2, may hold
/// anything, so the count begins behind its closing parenthesis.
static process_state read_process(std::int64_t pid) {
  const std::string stat = read_small_file(fmt::format("/proc/{}/stat", pid).c_str());
  std::size_t at = stat.rfind(')');
  if (at == std::string::npos || at + 2 >= stat.size())
    return {};
  process_state found;
  found.known = true;
  found.zombie = stat[at + 2] == 'Z' || stat[at + 2] == 'X';
  for (int field = 2; field < 22 && at != std::string::npos; ++field)
    at = stat.find(' ', at + 1);
  if (at != std::string::npos)
    found.start = stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
  return found;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("?");
}

std::string boot_id() {
  std::string boot = read_small_file("/proc/sys/kernel/random/boot_id");
  while (!boot.empty() && boot.back() == '\n')
    boot.pop_back();
  return boot;
}

/// What tells this machine, this boot and this set of process ids from others.
static std::string this_world() {
  struct stat about{};
  const bool known = ::stat("/proc/self/ns/pid", &about) == 0;
  return fmt::format("{}|{}|{}", host_name(), boot_id(),
                     known ? static_cast<std::uint64_t>(about.st_ino) : 0);
}

std::string this_owner() {
  return fmt::format("{}|{}|{}", this_world(), ::getpid(), read_process(::getpid()).start);
}

bool owner_is_alive(std::string_view owner, std::int64_t touched, std::int64_t now) {
  const std::string world = this_world();
  if (!owner.starts_with(world) || owner.size() <= world.size() || owner[world.size()] != '|') {
    // This host after a restart: nothing survives that.
    const bool same_host = owner.starts_with(host_name() + "|");
    const std::size_t boot = owner.find('|');
    const std::string_view our_boot = std::string_view(world).substr(world.find('|'), 38);
    if (same_host && our_boot.size() == 38 &&
        owner.substr(std::min(boot, owner.size()), 38) != our_boot)
      return false;
    return touched > now - 120'000;
  }
  owner.remove_prefix(world.size() + 1);
  const std::size_t bar = owner.find('|');
  std::int64_t pid = 0;
  std::from_chars(owner.data(), owner.data() + std::min(bar, owner.size()), pid);
  if (pid <= 0 || bar == std::string_view::npos)
    return false;
  const process_state found = read_process(pid);
  if (found.known)
    return !found.zombie && found.start == owner.substr(bar + 1);
  // No /proc, or no such process.
  return ::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM;
}

} // namespace tl::rt::store
