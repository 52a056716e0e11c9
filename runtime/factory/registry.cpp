// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/registry.h"

#include "runtime/factory/grown.h"
#include "runtime/support/fork_guard.h"
#include "runtime/support/log.h"
#include "runtime/support/made_once.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include <cxxabi.h>

namespace tl::rt {

constinit std::atomic<std::uint64_t> images_unloaded{0};

namespace {

struct registered {
  const tl_factory *factory;
  std::vector<void *> images; ///< those that call it and are loaded
};

mutex &guard() { return fork_safe_mutex(fork_safe::registry); }

// Never destroyed: images unload in any order.
std::vector<registered> &known() {
  static constinit made_once<std::vector<registered>> all;
  return all.get();
}

/// Several images may call one factory, whose descriptor then lies in the first of them.
void forget_image(void *image) {
  images_unloaded.fetch_add(1, std::memory_order_relaxed);
  const mutex_lock lock(guard());
  std::erase_if(known(), [&](registered &it) {
    return std::erase(it.images, image) > 0 && it.images.empty();
  });
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
  const mutex_lock lock(guard());
  make_room(*factory);
  std::vector<registered> &all = known();
  const auto is_image = [&](const registered &it) {
    return std::ranges::find(it.images, image) != it.images.end();
  };
  if (image && std::ranges::none_of(all, is_image) &&
      abi::__cxa_atexit(forget_image, image, image) != 0)
    throw std::bad_alloc();
  auto found = std::ranges::find(all, factory, &registered::factory);
  if (found == all.end())
    found = all.insert(all.end(), {factory, {}});
  if (!is_image(*found))
    found->images.push_back(image);
}

std::vector<const tl_factory *> registered_factories() {
  const mutex_lock lock(guard());
  std::vector<registered> &all = known();
  std::vector<const tl_factory *> result;
  for (const registered &it : all)
    result.push_back(it.factory);
  return result;
}

bool is_registered(const tl_factory *factory) {
  const mutex_lock lock(guard());
  std::vector<registered> &all = known();
  return std::ranges::find(all, factory, &registered::factory) != all.end();
}

const tl_factory *find_factory(std::string_view id) {
  const mutex_lock lock(guard());
  std::vector<registered> &all = known();
  const auto found =
      std::ranges::find_if(all, [&](const registered &it) { return it.factory->id == id; });
  return found == all.end() ? nullptr : found->factory;
}

std::uint32_t find_variant(const tl_factory &factory, std::string_view config) {
  for (std::uint32_t i = 0; i < factory.variant_count; ++i)
    if (config == factory.configs[i])
      return i;
  return UINT32_MAX;
}

} // namespace tl::rt
