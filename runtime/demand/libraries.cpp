// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/libraries.h"

#include "runtime/demand/copies.h"
#include "runtime/demand/image.h"
#include "runtime/demand/library_file.h"
#include "runtime/factory/grown.h"
#include "runtime/support/log.h"
#include "runtime/support/small_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace tl::rt::demand {

static std::vector<std::string> names_in(const std::string &directory) {
  std::vector<std::string> names;
  if (DIR *const open = ::opendir(directory.c_str())) {
    while (const dirent *const it = ::readdir(open))
      if (it->d_name[0] != '.')
        names.emplace_back(it->d_name);
    ::closedir(open);
  }
  std::ranges::sort(names);
  return names;
}

/// The file of the image that an address is in, "" for the program itself.
static std::string image_of(const void *address) {
  Dl_info about{};
  link_map *map = nullptr;
  if (::dladdr1(address, &about, reinterpret_cast<void **>(&map), RTLD_DL_LINKMAP) == 0 || !map ||
      !map->l_name || map->l_name[0] == '\0')
    return {};
  char path[PATH_MAX];
  return ::realpath(map->l_name, path) ? std::string(path) : std::string(map->l_name);
}

static std::string state_of(const tl_factory &factory, const std::string &image) {
  const tl_on_demand &of = *factory.on_demand;
  return fmt::format("{}\n{}\n{}\n{}\n{}", factory.id, of.code, of.made_by, of.record, image);
}

libraries::libraries(const tl_factory &factory, const std::string &cache)
    : factory_(factory), image_(image_of(factory.slot)), folder_(cache, state_of(factory, image_)) {
  // With its dependencies, also where a host (Python) has opened it for itself alone.
  scope_ = image_.empty() ? ::dlopen(nullptr, RTLD_LAZY)
                          : ::dlopen(image_.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  exports_ = scope_ && ::dlsym(scope_, factory.id);
}

libraries::~libraries() {
  if (scope_)
    ::dlclose(scope_);
}

void libraries::look() {
  if (looked_ || folder_.kept().empty())
    return;
  looked_ = true;
  for (const std::string &name : names_in(folder_.kept())) {
    if (!name.ends_with(".so"))
      continue;
    const std::string path = fmt::format("{}/{}", folder_.kept(), name);
    for (std::string &config : configs_of_library(path))
      known_.emplace(std::move(config), path);
  }
}

std::uint32_t libraries::find(std::string_view config, std::string &why) {
  why.clear();
  if (const std::uint32_t variant = find_grown(factory_, config); variant != UINT32_MAX)
    return variant;
  look();
  const auto found = known_.find(config);
  if (found == known_.end())
    return UINT32_MAX;
  const std::string path = found->second;
  if (const status loaded = load(path); !loaded) {
    why = loaded.text();
    std::erase_if(known_, [&](const auto &it) { return it.second == path; });
    // What is of no use is made anew; what is another user's is left alone, and never looked at.
    if (loaded.code() == status_code::corrupt)
      (void)::unlink(path.c_str());
    return UINT32_MAX;
  }
  return find_grown(factory_, config);
}

std::vector<std::string> libraries::configs() {
  look();
  std::vector<std::string> all;
  for (const auto &[config, path] : known_)
    all.push_back(config);
  return all;
}

bool libraries::shares_device_runtime(bool is_hip) const {
  return scope_ && ::dlsym(scope_, is_hip ? "__hipRegisterFatBinary" : "__cudaRegisterFatBinary");
}

status libraries::load(const std::string &path) {
  std::string content;
  std::vector<std::string> configs;
  if (status read = read_library(path, content, configs); !read)
    return read;
  const bool device_code = factory_.backend != TL_BACKEND_CPU;
  if (std::string why = why_not_to_open(
          content,
          [this](const char *name) {
            return is_static_local_of(name, factory_.id) || (scope_ && ::dlsym(scope_, name));
          },
          exports_, device_code);
      !why.empty())
    return status::invalid(std::move(why));
  void *const opened = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened) {
    const char *const text = ::dlerror();
    return status::invalid(fmt::format("it cannot be loaded: {}", text ? text : ""));
  }
  if (status taken = take_variants(factory_, opened, device_code ? content : ""); !taken) {
    if (!device_code) // the device's runtime knows it until the program ends
      ::dlclose(opened);
    return taken;
  }
  // Never closed: the tables of the factory lead there. What was used last is removed last.
  (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return {};
}

status libraries::take(const std::string &path) {
  std::string directory;
  if (status placed = place(directory); !placed)
    return placed;
  // The loader knows what it has opened by its name: no two of different content have one.
  const std::string kept = fmt::format("{}/{}.so", directory, hash_of(read_small_file(path)));
  // Of two processes that made the same, the last one's stays; the first one keeps what it opened.
  if (::rename(path.c_str(), kept.c_str()) != 0)
    return status::io_error(fmt::format("{}: {}", kept, error_text(errno)));
  status loaded = load(kept);
  if (!loaded)
    (void)::unlink(kept.c_str());
  return loaded;
}

std::uint64_t collect_libraries(const std::string &cache, std::uint64_t most, double unused_s) {
  struct entry {
    std::string path;
    std::uint64_t bytes;
    std::int64_t used_ns;
  };
  const std::string all = fmt::format("{}/{}", cache, libraries_folder);
  struct stat about{};
  if (cache.empty() || ::lstat(all.c_str(), &about) != 0 || !own_directory(all))
    return 0;
  std::vector<entry> found;
  std::uint64_t total = 0, removed = 0;
  constexpr std::int64_t s_ns = 1'000'000'000, day_s = 86'400;
  const std::int64_t now_s = ::time(nullptr), now_ns = now_s * s_ns;
  for (const std::string &key : names_in(all)) {
    const std::string folder = fmt::format("{}/{}", all, key);
    if (::lstat(folder.c_str(), &about) != 0 || !S_ISDIR(about.st_mode) ||
        about.st_uid != ::geteuid())
      continue;
    for (const std::string &name : names_in(folder)) {
      const std::string path = fmt::format("{}/{}", folder, name);
      if (::lstat(path.c_str(), &about) != 0)
        continue;
      if (S_ISDIR(about.st_mode) && now_s - about.st_mtim.tv_sec > day_s)
        remove_folder(path); // of an interrupted compilation
      if (!S_ISREG(about.st_mode))
        continue;
      const entry it{path, static_cast<std::uint64_t>(about.st_size),
                     std::int64_t(about.st_mtim.tv_sec) * 1'000'000'000 + about.st_mtim.tv_nsec};
      // The text of a precompiled preamble stays as long as that one.
      if (name.ends_with(".h") &&
          ::access((path.substr(0, path.size() - 2) + ".pch").c_str(), F_OK) == 0)
        continue;
      const bool finished =
          name.ends_with(".so") || name.ends_with(".pch") || name.ends_with(".code");
      if (!finished && now_ns - it.used_ns > day_s * s_ns) {
        if (::unlink(path.c_str()) == 0)
          removed += it.bytes;
      } else if (finished && unused_s > 0 &&
                 static_cast<double>(now_ns - it.used_ns) > unused_s * 1e9) {
        if (::unlink(path.c_str()) == 0)
          removed += it.bytes;
      } else if (finished) {
        found.push_back(it);
        total += it.bytes;
      }
    }
  }
  std::ranges::sort(found, {}, &entry::used_ns);
  for (const entry &it : found) {
    if (total <= most)
      break;
    if (::unlink(it.path.c_str()) == 0) {
      total -= it.bytes;
      removed += it.bytes;
    }
  }
  // Those that are empty, and that nobody has just made.
  for (const std::string &key : names_in(all)) {
    const std::string folder = fmt::format("{}/{}", all, key);
    if (::lstat(folder.c_str(), &about) == 0 && ::time(nullptr) - about.st_mtime > day_s)
      (void)::rmdir(folder.c_str());
  }
  return removed;
}

} // namespace tl::rt::demand
