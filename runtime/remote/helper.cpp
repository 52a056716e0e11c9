// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/remote/helper.h"

#include "runtime/remote/wire.h"
#include "runtime/support/fnv.h"
#include "runtime/support/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace tl::rt::remote {

using std::chrono::steady_clock;

std::string socket_name(std::string_view remote) {
  // A cache directory may be shared by several machines, and a socket is of one.
  char host[HOST_NAME_MAX + 1] = {};
  ::gethostname(host, sizeof host - 1);
  return fmt::format("remote-{}-{:016x}.sock", ::geteuid(), fnv(remote, fnv(host)));
}

static int left_ms(steady_clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
  return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : static_cast<int>(left);
}

/// Waits for a descriptor; false when the time is over.
static bool wait_for(int descriptor, short events, steady_clock::time_point deadline) {
  while (true) {
    pollfd file{descriptor, events, 0};
    const int ready = ::poll(&file, 1, left_ms(deadline));
    if (ready > 0)
      return true;
    if (ready == 0 || errno != EINTR)
      return false;
    if (left_ms(deadline) == 0)
      return false;
  }
}

bool send_message(int to, std::string_view bytes, steady_clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for(to, POLLOUT, deadline))
        return false;
    } else if (sent == 0 || errno != EINTR)
      return false;
  }
  return true;
}

static bool receive_all(int from, char *to, std::size_t bytes, steady_clock::time_point deadline) {
  while (bytes > 0) {
    const ssize_t got = ::recv(from, to, bytes, MSG_DONTWAIT);
    if (got > 0) {
      to += got;
      bytes -= static_cast<std::size_t>(got);
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for(from, POLLIN, deadline))
        return false;
    } else if (got == 0 || errno != EINTR)
      return false;
  }
  return true;
}

bool receive_message(int from, std::string &content, steady_clock::time_point deadline) {
  char head[size_bytes];
  if (!receive_all(from, head, sizeof head, deadline))
    return false;
  std::uint32_t size = 0;
  std::memcpy(&size, head, sizeof size);
  if (size > most_bytes)
    return false;
  content.resize(size);
  return receive_all(from, content.data(), size, deadline);
}

static bool is_program(const std::string &path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

/// Beside the runtime, as it is built and installed, else in PATH. Only absolute names: a program
/// may stand in any directory.
static std::string find_helper() {
  Dl_info about{};
  if (::dladdr(reinterpret_cast<void *>(&find_helper), &about) != 0 && about.dli_fname &&
      about.dli_fname[0] == '/') {
    const std::string image = about.dli_fname;
    const std::string folder = image.substr(0, image.rfind('/'));
    for (const char *const way : {"/", "/../bin/", "/../../bin/"})
      if (std::string path = folder + way + helper_program; is_program(path))
        return path;
  }
  const char *const variable = ::secure_getenv("PATH");
  std::string_view rest = variable ? variable : "";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    if (rest.front() == '/')
      if (std::string path = fmt::format("{}/{}", rest.substr(0, end), helper_program);
          is_program(path))
        return path;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

/// The helper's environment: the program's, without what is for the program alone.
static std::vector<std::string> helper_environment(const std::string &directory,
                                                   const std::string &remote) {
  std::vector<std::string> made;
  for (char **it = environ; it && *it; ++it) {
    const std::string_view text = *it;
    if (!text.starts_with("LD_PRELOAD=") && !text.starts_with("LD_AUDIT=") &&
        !text.starts_with("TL_"))
      made.emplace_back(text);
  }
  made.push_back("TL_REMOTE=" + remote);
  made.push_back("TL_CACHE_DIR=" + directory);
  return made;
}

/// The process that was started last and has not been seen to end; it forks and ends at once.
static std::atomic<pid_t> &started() {
  static std::atomic<pid_t> pid{0};
  return pid;
}

static void collect_started(steady_clock::time_point deadline) {
  const pid_t pid = started().load();
  while (pid > 0) {
    const pid_t ended = ::waitpid(pid, nullptr, WNOHANG);
    if (ended == pid || (ended < 0 && errno != EINTR)) {
      pid_t expected = pid;
      started().compare_exchange_strong(expected, 0);
      return;
    }
    if (left_ms(deadline) == 0)
      return; // the next one who comes collects it
    ::poll(nullptr, 0, 1);
  }
}

/// Starts a helper, which detaches itself from this process. Nothing of the program's stays open in
/// it: a pipe that a helper kept would never end.
static bool start_helper(const std::string &directory, const std::string &remote,
                         std::string &why) {
  const std::string program = find_helper();
  if (program.empty()) {
    why = fmt::format("there is no program {} beside the runtime or in PATH", helper_program);
    return false;
  }
  std::vector<std::string> texts = helper_environment(directory, remote);
  std::vector<char *> environment;
  for (std::string &it : texts)
    environment.push_back(it.data());
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  ::posix_spawn_file_actions_addchdir_np(&actions, "/");
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  std::string name = program, role = "serve";
  char *arguments[] = {name.data(), role.data(), nullptr};
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments, environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error == 0)
    started() = pid;
  else
    why = fmt::format("{} cannot be started: {}", program, std::strerror(error));
  return error == 0;
}

/// The socket must be this user's, and so must be who listens.
static bool is_own_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

int connect_to_helper(const std::string &directory, const std::string &remote,
                      steady_clock::time_point deadline, std::string &why) {
  collect_started(steady_clock::now());
  if (const status made = make_directories(directory); !made) {
    why = made.text();
    return -1;
  }
  const int folder = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    why = fmt::format("{}: {}", directory, std::strerror(errno));
    return -1;
  }
  const std::string name = socket_name(remote);
  // The way around the 108 bytes that the address of a socket may have.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto end = fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1,
                                    "/proc/self/fd/{}/{}", folder, name);
  *end.out = '\0';
  bool asked = false;
  int connected = -1;
  while (why.empty()) {
    struct stat about{};
    const bool there = ::fstatat(folder, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && (!S_ISSOCK(about.st_mode) || about.st_uid != ::geteuid())) {
      why = fmt::format("{}/{} is not a socket of this user", directory, name);
      break;
    }
    const int made = there ? ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (made >= 0 &&
        ::connect(made, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0) {
      connected = made;
      break;
    }
    const bool nobody = !there || errno == ECONNREFUSED || errno == ENOENT;
    if (made >= 0)
      ::close(made);
    if (nobody && !asked) {
      asked = true;
      if (!start_helper(directory, remote, why))
        break;
    }
    if (left_ms(deadline) == 0)
      break;
    ::poll(nullptr, 0, 1);
  }
  ::close(folder);
  if (asked)
    collect_started(steady_clock::now() + std::chrono::milliseconds(connected >= 0 ? 2 : 0));
  if (connected >= 0 && !is_own_peer(connected)) {
    why = fmt::format("another user listens at {}/{}", directory, name);
    ::close(connected);
    connected = -1;
  }
  return connected;
}

} // namespace tl::rt::remote
