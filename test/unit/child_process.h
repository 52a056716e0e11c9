// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a piece of a test in a forked child, so that it may change its environment, lose its rights,
// be killed or hang, and so that what it says can be read.

#ifndef TL_TEST_UNIT_CHILD_PROCESS_H
#define TL_TEST_UNIT_CHILD_PROCESS_H

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tl::test {

/// A directory of its own, removed with all it holds.
class temporary_directory {
public:
  explicit temporary_directory(
      const std::string &parent = std::filesystem::temp_directory_path().string()) {
    std::string name = parent + "/tl-test-XXXXXX";
    if (::mkdtemp(name.data()))
      path_ = name;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory &) = delete;
  temporary_directory &operator=(const temporary_directory &) = delete;
  const std::string &path() const { return path_; }
  std::string operator/(const std::string &name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

inline std::string read_file(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline std::vector<std::string> lines_of(const std::string &text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Waits for a child; -1000 when it had to be killed because it took longer than `limit_s`, minus
/// the number of the signal that ended it, or its exit status.
inline int wait_for(pid_t child, double limit_s) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_s);
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return -1000;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

struct child_result {
  int status;                    ///< see wait_for()
  std::vector<std::string> said; ///< lines on stderr
};

/// Starts `body` in a child whose exit status is what it returns (255 after an exception).
inline pid_t start_child(const std::function<int()> &body, const std::string &stderr_file = {}) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0)
    return child;
  if (!stderr_file.empty()) {
    const int fd = ::open(stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(fd, STDERR_FILENO);
    ::close(fd);
  }
  int status = 255;
  try {
    status = body();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "exception: %s\n", error.what());
  }
  std::fflush(nullptr);
  ::_exit(status);
}

inline child_result run_child(const std::function<int()> &body, double limit_s = 60) {
  const temporary_directory scratch;
  const std::string said = scratch / "stderr";
  const int status = wait_for(start_child(body, said), limit_s);
  return {status, lines_of(read_file(said))};
}

} // namespace tl::test

/// For a child's body: says so and leaves it with status 1 when the condition does not hold.
#define TL_CHILD_CHECK(condition)                                                                  \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);           \
      return 1;                                                                                    \
    }                                                                                              \
  } while (false)

#endif
