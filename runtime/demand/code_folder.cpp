// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/code_folder.h"

#include "runtime/demand/library_file.h"
#include "runtime/support/fnv.h"
#include "runtime/support/small_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace tl::rt::demand {

std::string hash_of(std::string_view text) {
  const std::uint64_t first = fnv(text);
  return fmt::format("{:016x}{:016x}", first, fnv(text, first ^ 0x9e3779b97f4a7c15u));
}

void remove_folder(const std::string &path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

code_folder::code_folder(const std::string &cache, std::string_view state) {
  if (cache.empty()) {
    not_kept_ = "there is no cache directory";
    return;
  }
  const std::string all = fmt::format("{}/{}", cache, libraries_folder);
  status made = own_directory(all);
  if (made)
    made = own_directory(directory_ = fmt::format("{}/{}", all, hash_of(state)));
  if (!made) {
    directory_.clear();
    not_kept_ = made.text();
  }
}

code_folder::~code_folder() {
  if (!temporary_.empty())
    remove_folder(temporary_);
}

status code_folder::place(std::string &directory) {
  if (!directory_.empty() && not_kept_.empty() && ::access(directory_.c_str(), W_OK) != 0)
    not_kept_ = fmt::format("{}: {}", directory_, error_text(errno));
  if (not_kept_.empty()) {
    directory = directory_;
    return {};
  }
  if (temporary_.empty()) {
    const char *const folder = ::getenv("TMPDIR");
    std::string path =
        fmt::format("{}/tl-on-demand-XXXXXX", folder && folder[0] == '/' ? folder : "/tmp");
    if (!::mkdtemp(path.data()))
      return status::io_error(fmt::format("{}: {}", path, error_text(errno)));
    temporary_ = path;
  }
  directory = temporary_;
  return {};
}

} // namespace tl::rt::demand
