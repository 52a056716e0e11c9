// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "files.h"
#include "failure.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include <unistd.h>

namespace tl::tool {

namespace {
struct close_file {
  void operator()(std::FILE *file) const {
    if (file != stdin && file != stdout)
      std::fclose(file);
  }
};
using file_handle = std::unique_ptr<std::FILE, close_file>;
} // namespace

[[noreturn]] static void fail(const std::string &path) {
  throw failure(exit_file, path + ": " + std::strerror(errno));
}

std::string read_file(const std::string &path) {
  errno = 0;
  const file_handle file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file)
    fail(path);
  std::string content;
  char buffer[1 << 16];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get()))
    content.append(buffer, size);
  if (std::ferror(file.get()))
    fail(path);
  return content;
}

void write_file(const std::string &path, const std::string &content) {
  errno = 0;
  if (path == "-") {
    if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size())
      fail("standard output");
    return;
  }
  std::error_code error;
  const bool special =
      std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error);
  const std::string target = special ? path : path + ".tmp" + std::to_string(getpid());
  file_handle file(std::fopen(target.c_str(), "wb"));
  if (!file)
    fail(path);
  const bool written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  if (std::fclose(file.release()) != 0 || !written) {
    const int cause = errno;
    if (!special)
      std::remove(target.c_str());
    errno = cause;
    fail(path);
  }
  if (!special && std::rename(target.c_str(), path.c_str()) != 0)
    fail(path);
}

} // namespace tl::tool
