// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/registry.h"

#include "runtime/support/log.h"
#include "runtime/support/mutex.h"

#include <fmt/format.h>

#include <algorithm>

namespace tl::rt {
namespace {

struct factories {
  mutex guard;
  std::vector<const tl_factory *> all TL_GUARDED_BY(guard);
};

factories &known() {
  static auto *f = new factories; // never destroyed: images unload in any order
  return *f;
}

} // namespace

void register_factory(const tl_factory *factory) {
  if (factory->abi_version != TL_ABI_VERSION) {
    log_error(fmt::format(
        "a factory was built for version {} of the runtime interface and this runtime has version "
        "{}: it runs its default config; rebuild it with this runtime's headers",
        factory->abi_version, TL_ABI_VERSION));
    return;
  }
  if (factory->variant_count == 0 || factory->default_variant >= factory->variant_count) {
    log_error(fmt::format("the tables of {} are damaged: {} variants, default {}", factory->name,
                          factory->variant_count, factory->default_variant));
    return;
  }
  factories &f = known();
  const mutex_lock lock(f.guard);
  if (std::find(f.all.begin(), f.all.end(), factory) == f.all.end())
    f.all.push_back(factory);
}

void unregister_factory(const tl_factory *factory) {
  factories &f = known();
  const mutex_lock lock(f.guard);
  std::erase(f.all, factory);
}

std::vector<const tl_factory *> registered_factories() {
  factories &f = known();
  const mutex_lock lock(f.guard);
  return f.all;
}

bool is_registered(const tl_factory *factory) {
  factories &f = known();
  const mutex_lock lock(f.guard);
  return std::find(f.all.begin(), f.all.end(), factory) != f.all.end();
}

const tl_factory *find_factory(std::string_view id) {
  factories &f = known();
  const mutex_lock lock(f.guard);
  const auto found =
      std::find_if(f.all.begin(), f.all.end(), [&](const tl_factory *it) { return it->id == id; });
  return found == f.all.end() ? nullptr : *found;
}

std::uint32_t find_variant(const tl_factory &factory, std::string_view config) {
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    if (config == factory.configs[i])
      return i;
  return UINT32_MAX;
}

} // namespace tl::rt
