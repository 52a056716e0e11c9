// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "doctor/checks.h"

#include <tl/abi.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include <dlfcn.h>

namespace tl::tool {

namespace fs = std::filesystem;

/// Folder of the running tltune, links resolved.
static fs::path own_folder() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

/// Places where an installation or a build tree next to this tool keeps its libraries.
static std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  const fs::path root = own_folder().parent_path();
  std::error_code error;
  for (const fs::path &folder : {root / "lib", root / "lib64", root / "package",
                                 fs::path("/usr/lib"), fs::path("/usr/local/lib")}) {
    folders.push_back(folder);
    for (const auto &entry : fs::directory_iterator(folder, error))
      if (entry.path().filename().string().ends_with("-linux-gnu"))
        folders.push_back(entry.path());
  }
  return folders;
}

std::string find_plugin(int major) {
  std::error_code error;
  for (const fs::path &folder : library_folders())
    if (const fs::path path = folder / "tl" / ("clang-" + std::to_string(major)) / "libtlplugin.so";
        fs::exists(path, error))
      return path.string();
  return {};
}

std::string find_headers() {
  std::error_code error;
  for (const fs::path &folder : {own_folder().parent_path() / "include",
                                 fs::path("/usr/local/include"), fs::path("/usr/include")})
    if (fs::exists(folder / "tl" / "autotune.h", error))
      return folder.string();
  return {};
}

std::string quoted(const std::string &text) {
  std::string result = "'";
  for (const char c : text)
    result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

int clang_major(const std::string &path) {
  const command_result macros =
      run_command(quoted(path) +
                  " -dM -E -x c++ /dev/null 2>/dev/null | sed -n 's/#define __clang_major__ //p'");
  return std::atoi(macros.first_line.c_str());
}

static void check_plugin(findings &found, const std::string &clang, int major) {
  const std::string topic = "plugin for clang " + std::to_string(major);
  const std::string plugin = find_plugin(major);
  if (plugin.empty()) {
    found.push_back({topic, severity::note, "not found next to this tool or in /usr/lib/*/tl",
                     "install the package tl-plugin-" + std::to_string(major) +
                         ", or build with -DTL_LLVM_MAJOR=" + std::to_string(major)});
    return;
  }
  const command_result loads =
      run_command(quoted(clang) + " -std=c++20 -fsyntax-only -fplugin=" + quoted(plugin) +
                  " -x c++ /dev/null 2>&1");
  if (loads.status != 0)
    found.push_back({topic, severity::problem, plugin + " does not load: " + loads.first_line,
                     "the plugin must be built for the compiler's exact major version, here " +
                         std::to_string(major)});
  else
    found.push_back({topic, severity::good, plugin + " loads", ""});
}

void check_compilers(findings &found) {
  std::set<int> majors;
  for (const char *name : {"clang++-22", "clang++-19", "clang++"}) {
    const std::string path = find_program(name);
    const int major = path.empty() ? 0 : clang_major(path);
    if (major == 0 || !majors.insert(major).second)
      continue;
    if (major != 22 && major != 19) {
      found.push_back({"clang", severity::note, path + " is version " + std::to_string(major),
                       "the plugin is for 22 and 19"});
      continue;
    }
    found.push_back({"clang", severity::good, path + " is version " + std::to_string(major), ""});
    check_plugin(found, path, major);
  }
  if (!majors.contains(22) && !majors.contains(19))
    found.push_back({"clang", severity::warning,
                     "no clang++ 22 or 19 in PATH: factories cannot be compiled here",
                     "install clang-22 (Debian 12: bookworm-security); programs that "
                     "are already built need none"});
}

void check_runtime_library(findings &found) {
  std::vector<std::string> places{"libtlruntime.so.0", "libtlruntime.so"};
  for (const fs::path &folder : library_folders())
    places.push_back((folder / "libtlruntime.so").string());
  for (const std::string &place : places) {
    void *library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
      continue;
    const auto version = reinterpret_cast<std::uint32_t (*)()>(dlsym(library, "tl_rt_abi_version"));
    const std::uint32_t abi = version ? version() : 0;
    dlclose(library);
    const std::string text = place + ", ABI " + std::to_string(abi);
    if (abi == TL_ABI_VERSION)
      found.push_back({"runtime", severity::good, text, ""});
    else
      found.push_back({"runtime", severity::problem,
                       text + ", expected " + std::to_string(TL_ABI_VERSION),
                       "install tools and runtime of one version"});
    return;
  }
  found.push_back(
      {"runtime", severity::note,
       "libtlruntime.so is neither in the loader's path nor next to this tool",
       "install the package libtlruntime0, set LD_LIBRARY_PATH, or link the static runtime"});
}

} // namespace tl::tool
