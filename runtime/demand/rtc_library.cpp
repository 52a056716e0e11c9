// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/rtc_library.h"

#include "runtime/support/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <link.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::demand {
namespace {

/// How one of them is found.
struct search {
  /// Newest first: all of them have what is asked of them.
  std::vector<const char *> names;
  /// Where HIPRTC was before it had a library of its own, HIP's runtime: not all of those have it.
  const char *function;
  std::vector<const char *> variables; ///< that name toolkits
  const char *usual_place;             ///< of the toolkit
};

const search &search_for(rtc_kind kind) {
  static const search nvrtc{{"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"},
                            nullptr,
                            {"CUDA_HOME", "CUDA_PATH"},
                            "/usr/local/cuda"};
  static const search hiprtc{{"libhiprtc.so.7", "libhiprtc.so.6", "libhiprtc.so.5", "libhiprtc.so",
                              "libamdhip64.so.6", "libamdhip64.so.5"},
                             "hiprtcCreateProgram",
                             {"ROCM_PATH", "HIP_PATH"},
                             "/opt/rocm"};
  return kind == rtc_kind::hiprtc ? hiprtc : nvrtc;
}

std::string parent(const std::string &path) { return path.substr(0, path.rfind('/')); }

std::string real(const std::string &path) {
  char *const found = ::realpath(path.c_str(), nullptr);
  std::string text = found ? found : "";
  std::free(found);
  return text;
}

bool is_of(const search &by, std::string_view file) {
  return std::ranges::any_of(by.names, [&](std::string_view name) {
    return file.starts_with(name.substr(0, name.find(".so") + 3));
  });
}

/// Whether a library that is loaded has what is asked of it.
bool has_function(const search &by, const std::string &path) {
  if (!by.function)
    return true;
  void *const library = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  const bool found = library && ::dlsym(library, by.function);
  if (library)
    ::dlclose(library);
  return found;
}

std::string loaded_library(const search &by) {
  std::vector<std::string> all;
  ::dl_iterate_phdr(
      [](dl_phdr_info *info, std::size_t, void *to) {
        static_cast<std::vector<std::string> *>(to)->emplace_back(info->dlpi_name ? info->dlpi_name
                                                                                  : "");
        return 0;
      },
      &all);
  for (const std::string &path : all)
    if (path.starts_with('/') && is_of(by, path.substr(path.rfind('/') + 1)) &&
        has_function(by, path))
      return path;
  return {};
}

std::vector<std::string> folders(const search &by, const std::string &toolkit) {
  std::vector<std::string> all;
  if (const char *const path = ::getenv("LD_LIBRARY_PATH"))
    for (const std::string_view folder : split(path, ':'))
      if (folder.starts_with('/'))
        all.emplace_back(folder);
  std::vector<std::string> roots;
  for (const char *const name : by.variables)
    if (const char *const root = ::getenv(name); root && root[0] == '/')
      roots.emplace_back(root);
  // .../include, or .../targets/x86_64-linux/include
  if (!toolkit.empty())
    roots.push_back(parent(toolkit));
  roots.emplace_back(by.usual_place);
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

const char *library_name(rtc_kind kind) { return kind == rtc_kind::hiprtc ? "HIPRTC" : "NVRTC"; }

const char *rtc_library_places(rtc_kind kind) {
  return kind == rtc_kind::hiprtc
             ? "among the loaded libraries, in LD_LIBRARY_PATH, ROCM_PATH, HIP_PATH, "
               "the toolkit that the program was built with, /opt/rocm and the system's library "
               "folders"
             : "among the loaded libraries, in LD_LIBRARY_PATH, CUDA_HOME, CUDA_PATH, "
               "the toolkit that the program was built with, /usr/local/cuda and the system's "
               "library folders";
}

rtc_library find_rtc_library(rtc_kind kind, const std::string &toolkit) {
  const search &by = search_for(kind);
  rtc_library found;
  found.kind = kind;
  std::string path = loaded_library(by);
  if (path.empty())
    for (const std::string &folder : folders(by, toolkit)) {
      for (const char *const name : by.names)
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
  if (kind == rtc_kind::hiprtc) // has its headers in it
    return found;
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
