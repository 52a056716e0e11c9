// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/registry.h"

#include "runtime/support/log.h"
#include "runtime/support/mutex.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include <cxxabi.h>

namespace tl::rt {
namespace {

struct registered {
  const tl_factory *factory;
  std::vector<void *> images; ///< those that call it and are loaded
};

struct factories {
  mutex guard;
  std::vector<registered> all TL_GUARDED_BY(guard);
};

factories &known() {
  static auto *f = new factories; // never destroyed: images unload in any order
  return *f;
}

/// Several images may call one factory, whose descriptor then lies in the first of them.
void forget_image(void *image) {
  factories &f = known();
  const mutex_lock lock(f.guard);
  std::erase_if(
      f.all, [&](registered &it) { return std::erase(it.images, image) > 0 && it.images.empty(); });
}

} // namespace

void register_factory(const tl_factory *factory, void *image) {
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
  const auto is_image = [&](const registered &it) {
    return std::ranges::find(it.images, image) != it.images.end();
  };
  if (image && std::ranges::none_of(f.all, is_image) &&
      abi::__cxa_atexit(forget_image, image, image) != 0)
    throw std::bad_alloc();
  auto found = std::ranges::find(f.all, factory, &registered::factory);
  if (found == f.all.end())
    found = f.all.insert(f.all.end(), {factory, {}});
  if (!is_image(*found))
    found->images.push_back(image);
}

std::vector<const tl_factory *> registered_factories() {
  factories &f = known();
  const mutex_lock lock(f.guard);
  std::vector<const tl_factory *> result;
  for (const registered &it : f.all)
    result.push_back(it.factory);
  return result;
}

bool is_registered(const tl_factory *factory) {
  factories &f = known();
  const mutex_lock lock(f.guard);
  return std::ranges::find(f.all, factory, &registered::factory) != f.all.end();
}

const tl_factory *find_factory(std::string_view id) {
  factories &f = known();
  const mutex_lock lock(f.guard);
  const auto found =
      std::ranges::find_if(f.all, [&](const registered &it) { return it.factory->id == id; });
  return found == f.all.end() ? nullptr : found->factory;
}

std::uint32_t find_variant(const tl_factory &factory, std::string_view config) {
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    if (config == factory.configs[i])
      return i;
  return UINT32_MAX;
}

} // namespace tl::rt
