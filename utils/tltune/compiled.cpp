// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "compiled.h"
#include "failure.h"

#include <tl/abi.h>

#include <cstdint>
#include <filesystem>

#include <dlfcn.h>

namespace tl::tool {

std::map<std::string, compiled_factory> compiled_factories(const std::string &library) {
  // This tool has a runtime of its own, which the library does not see: ours is not exported.
  void *handle = dlopen(std::filesystem::absolute(library).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw failure(exit_file, dlerror());
  const auto count = reinterpret_cast<std::uint32_t (*)()>(dlsym(handle, "tl_rt_factory_count"));
  const auto at =
      reinterpret_cast<const tl_factory *(*)(std::uint32_t)>(dlsym(handle, "tl_rt_factory_at"));
  // Variants may have been left out. An older runtime knows of none.
  const auto fingerprint =
      reinterpret_cast<const char *(*)(const tl_factory *)>(dlsym(handle, "tl_rt_fingerprint"));
  if (!count || !at)
    throw failure(exit_file, library + " is not linked with the runtime");
  std::map<std::string, compiled_factory> found;
  for (std::uint32_t i = 0; i < count(); ++i) {
    const tl_factory *factory = at(i);
    compiled_factory &entry = found[factory->id];
    entry.fingerprint = fingerprint ? fingerprint(factory) : factory->fingerprint;
    entry.configs.insert(factory->configs, factory->configs + factory->variant_count);
  }
  if (found.empty())
    throw failure(exit_file, library + " holds no factory");
  return found;
}

} // namespace tl::tool
