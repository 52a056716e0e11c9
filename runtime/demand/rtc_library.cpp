// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/rtc_library.h"

#include "runtime/support/split.h"

#include <fmt/format.h>

#include <cstdlib>
#include <link.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::demand {
namespace {

/// Newest first: all of them have what is asked of them.
constexpr const char *names[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"};

std::string parent(const std::string &path) { return path.substr(0, path.rfind('/')); }

std::string real(const std::string &path) {
  char *const found = ::realpath(path.c_str(), nullptr);
  std::string text = found ? found : "";
  std::free(found);
  return text;
}

std::string loaded_library() {
  std::string found;
  ::dl_iterate_phdr(
      [](dl_phdr_info *info, std::size_t, void *to) {
        const std::string_view path = info->dlpi_name ? info->dlpi_name : "";
        const std::string_view name = path.substr(path.rfind('/') + 1);
        if (!name.starts_with("libnvrtc.so") || path.front() != '/')
          return 0;
        *static_cast<std::string *>(to) = path;
        return 1;
      },
      &found);
  return found;
}

std::vector<std::string> folders(const std::string &toolkit) {
  std::vector<std::string> all;
  if (const char *const path = ::getenv("LD_LIBRARY_PATH"))
    for (const std::string_view folder : split(path, ':'))
      if (folder.starts_with('/'))
        all.emplace_back(folder);
  std::vector<std::string> roots;
  for (const char *const name : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *const root = ::getenv(name); root && root[0] == '/')
      roots.emplace_back(root);
  // .../include, or .../targets/x86_64-linux/include
  if (!toolkit.empty())
    roots.push_back(parent(toolkit));
  roots.emplace_back("/usr/local/cuda");
  for (const std::string &root : roots)
    for (const char *const below : {"lib64", "lib"})
      all.push_back(fmt::format("{}/{}", root, below));
  for (const char *const it :
       {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"})
    all.emplace_back(it);
  return all;
}

bool is_folder_of_headers(const std::string &path) {
  return ::access((path + "/cuda_runtime_api.h").c_str(), R_OK) == 0 ||
         ::access((path + "/cuda_fp16.h").c_str(), R_OK) == 0;
}

} // namespace

rtc_library find_rtc_library(const std::string &toolkit) {
  rtc_library found;
  std::string path = loaded_library();
  if (path.empty())
    for (const std::string &folder : folders(toolkit)) {
      for (const char *const name : names)
        if (std::string candidate = fmt::format("{}/{}", folder, name);
            path.empty() && ::access(candidate.c_str(), R_OK) == 0)
          path = std::move(candidate);
      if (!path.empty())
        break;
    }
  struct stat about{};
  found.path = path.empty() ? path : real(path);
  if (found.path.empty() || ::stat(found.path.c_str(), &about) != 0) {
    found.path.clear();
    return found;
  }
  found.identity = fmt::format("{} {} {}.{:09}", found.path, about.st_size, about.st_mtim.tv_sec,
                               about.st_mtim.tv_nsec);
  // Beside the library, as toolkits and Python's packages have them; else those of the build.
  const std::string root = parent(parent(path)), real_root = parent(parent(found.path));
  for (const std::string &folder :
       {root + "/include", real_root + "/include", root + "/../include",
        parent(root) + "/cuda_runtime/include", toolkit, std::string("/usr/local/cuda/include")})
    if (!folder.empty() && is_folder_of_headers(folder)) {
      found.includes.push_back(folder);
      // Since CUDA 13 the C++ core libraries have a folder of their own.
      if (const std::string core = folder + "/cccl"; ::access(core.c_str(), R_OK) == 0)
        found.includes.push_back(core);
      break;
    }
  return found;
}

} // namespace tl::rt::demand
